import { preset } from '../../tooling/tsup/preset.ts';

export default preset(['src/index.ts', 'src/rpc.ts', 'src/enums.ts', 'src/testing/index.ts']);
