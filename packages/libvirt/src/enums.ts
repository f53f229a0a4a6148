/**
 * libvirt's enumerations and flags without their `vir`, each a const object and the union of its values.
 *
 * @packageDocumentation
 */
// Hundreds of names, all of them generated: naming them here again would only say the same twice.
export * from './generated/enums.gen.ts';
