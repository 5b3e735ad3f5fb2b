/** @file `gradcam colormaps`: the names that --colormap takes. */
import { print } from '../terminal.ts'

export async function colormaps(): Promise<void> {
  const { colormapNames } = await import('gradcam')
  await print(colormapNames.map((name) => `${name}\n`).join(''))
}
