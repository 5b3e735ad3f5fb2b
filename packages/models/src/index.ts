/** @file The networks that come with gradcam. Today one: small, in this package, ready without a download. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** A network in the Hugging Face layout: `onnx/model.onnx`, `config.json`, `preprocessor_config.json`. */
export interface PackagedNetwork {
  name: string
  /** Absolute path of the network's folder. */
  directory: string
  /** The same folder as a URL that ends in `/`. */
  url: URL
}

const url = new URL('../embedded/', import.meta.url)

/**
 * The default network: EfficientNet-Lite0 for ImageNet's 1000 classes, 224×224 input.
 *
 * @example
 * const net = await load(embedded.directory)
 */
export const embedded: PackagedNetwork = { name: 'efficientnet-lite0', directory: fileURLToPath(url), url }

/**
 * The labels of ImageNet's 1000 classes in their usual order (ILSVRC 2012), each with its synonyms: "tench, Tinca tinca".
 *
 * @example
 * const net = await load('resnet50.onnx', { labels: await imagenetLabels() })
 */
export async function imagenetLabels(): Promise<string[]> {
  const config = JSON.parse(await readFile(new URL('config.json', url), 'utf8')) as { id2label: Record<string, string> }
  return Object.keys(config.id2label).map((_, index) => config.id2label[index] as string)
}
