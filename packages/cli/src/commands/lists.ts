/** @file `gradcam methods` and `gradcam colormaps`: what the library's tables hold. */
import { print, table } from '../terminal.ts'

export async function methods(): Promise<void> {
  const { methods: all } = await import('gradcam')
  await print(table(all.map(({ name, title, source }) => [name, title, source])))
}

export async function colormaps(): Promise<void> {
  const { colormapNames } = await import('gradcam')
  await print(colormapNames.map((name) => `${name}\n`).join(''))
}
