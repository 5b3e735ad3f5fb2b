/** @file A plugin of typedoc: modules are named as they are imported. */
import { Converter, ReflectionKind } from 'typedoc'

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kindOf(ReflectionKind.Module)) reflection.name = reflection.name.replace('/src', '').replace(/^models/, 'gradcam-models')
  })
}
