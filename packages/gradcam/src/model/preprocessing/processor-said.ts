/** @file What people should know about a configuration: defaults that were taken, fields and classes that nobody knows. */
import { type Configuration, everyField, fieldsOf } from './configuration.ts'
import { has, type Said, show } from './fields.ts'
import { transformersVersion } from './processors.ts'

/** Findings about a configuration, in the order of its fields. */
export function saidOf({ fields, given, kind, processor }: Configuration): Said[] {
  const name = `${kind}ImageProcessor`
  const every = everyField()
  const strange = Object.keys(given).filter((field) => !every.has(field))
  const unknown = strange.map(
    (field): Said => ({ finding: 'unknown-field', name: field, what: `no class of transformers ${transformersVersion} has it: not used` }),
  )
  if (!processor) {
    const about: Said =
      kind === ''
        ? {
            finding: 'assumed',
            name: 'image_processor_type',
            what: 'no class is named: the fields are read as most classes read them, and none is filled in',
          }
        : {
            finding: 'unknown-class',
            name,
            what: `transformers ${transformersVersion} has no such class: its fields are read as most classes read them`,
          }
    return [about, ...unknown]
  }
  const own = fieldsOf(processor)
  const unread = Object.keys(given).filter((field) => every.has(field) && !own.has(field))
  const unlooked = (processor.never ?? []).filter((field) => given[field] === true)
  const absent = Object.keys(fields).filter(
    (field) => !has(given, field) && has(fields, field) && matters(field, fields, processor.never ?? []),
  )
  return [
    ...absent.map((field): Said => ({ finding: 'class-default', name: field, what: `${show(fields[field])} by default of ${name}` })),
    ...(fields['do_affine_transform'] === true ? [wholePhoto(name)] : []),
    ...[...unread, ...unlooked].map((field): Said => ({ finding: 'unread-field', name: field, what: `${name} does not read it` })),
    ...unknown,
  ]
}

/** Key points are looked for inside a person's box, which a photo alone does not have. */
const wholePhoto = (name: string): Said => ({
  finding: 'assumed',
  name: 'do_affine_transform',
  what: `${name} cuts a box out of the photo; none is given: the whole photo is squeezed`,
})

/** Which flag makes a field matter. */
const switches: Readonly<Record<string, string>> = {
  size: 'do_resize',
  resample: 'do_resize',
  crop_size: 'do_center_crop',
  rescale_factor: 'do_rescale',
  image_mean: 'do_normalize',
  image_std: 'do_normalize',
  pad_size: 'do_pad',
}

/** Whether a default changes the picture: what is off, and what belongs to it, does not. */
function matters(field: string, fields: Readonly<Record<string, unknown>>, never: readonly string[]): boolean {
  if (['default_to_square', 'do_affine_transform'].includes(field) || fields[field] === false || never.includes(field)) return false
  const by = switches[field]
  return by === undefined || (fields[by] === true && !never.includes(by))
}
