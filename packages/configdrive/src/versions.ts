/** EC2 metadata versions, oldest first; `latest` stands for all of them. */
export const ec2Versions = [
  '1.0',
  '2007-01-19',
  '2007-03-01',
  '2007-08-29',
  '2007-10-10',
  '2007-12-15',
  '2008-02-01',
  '2008-09-01',
  '2009-04-04',
  'latest',
] as const;
export type Ec2Version = (typeof ec2Versions)[number];

/** OpenStack metadata versions, oldest first; each adds to the one before, `latest` is the newest. */
export const openstackVersions = [
  '2012-08-10',
  '2013-04-04',
  '2013-10-17',
  '2015-10-15',
  '2016-06-30',
  '2016-10-06',
  '2017-02-22',
  '2018-08-27',
  '2020-10-14',
  'latest',
] as const;
export type OpenstackVersion = (typeof openstackVersions)[number];

/** EC2 versions that Nova leaves out of a config drive unless configured otherwise. */
export const defaultSkipVersions: readonly string[] = ec2Versions.slice(0, -2);

/** True when `version` already has what `since` introduced. Versions of one tree sort as text, `latest` after all. */
export function atLeast<Version extends Ec2Version | OpenstackVersion>(version: Version, since: Version): boolean {
  return version >= since;
}
