/** @file Models and photos by their URLs, through fetch. */
import { GradcamError } from '../core/errors.ts'
import type { Host, TextFile } from '../host.ts'
import { checkByteCount, unreadable } from '../image/photo.ts'
import { decodeText } from '../io/text.ts'
import type { SettingsFile } from '../model/settings-files.ts'
import { type ExternalFile, missingFrom, outsideFolder } from '../model/external.ts'

/** What lies at a URL; undefined where nothing does. Servers of one page answer with that page instead of 404. */
async function get(url: URL, refused: (why: string, cause: unknown) => GradcamError): Promise<Response | undefined> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw refused(cause instanceof Error ? cause.message : String(cause), cause)
  })
  if (response.status === 404 || (response.ok && response.headers.get('content-type')?.startsWith('text/html'))) return undefined
  if (!response.ok) throw refused(`the server answered ${response.status}`, undefined)
  return response
}

const absolute = (name: string): URL => new URL(name, location.href)

const modelUnreadable = (url: URL) => (why: string, cause: unknown) =>
  new GradcamError('model-unreadable', `cannot read ${url.href}: ${why}`, {
    hint: 'check the address, and CORS where it is another server',
    cause,
  })

async function first(urls: readonly URL[]): Promise<{ url: URL; response: Response } | undefined> {
  for (const url of urls) {
    const response = await get(url, modelUnreadable(url))
    if (response) return { url, response }
  }
  return undefined
}

async function firstText(urls: readonly URL[]): Promise<TextFile | undefined> {
  const found = await first(urls)
  return found && { name: found.url.href, text: decodeText(await bytesOf(found.response)) }
}

const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())

/** A location may leave the model's folder neither by its words nor by naming another server. */
async function externalFile(folder: URL, location: string): Promise<ExternalFile> {
  const url = new URL(location.split('/').map(encodeURIComponent).join('/'), folder)
  if (location.startsWith('/') || !url.href.startsWith(folder.href)) throw outsideFolder(location)
  const response = await get(url, modelUnreadable(url))
  if (!response) throw missingFrom(folder.href, location)
  return { path: location, data: await bytesOf(response) }
}

// every file that is not there is a request that a server answers with 404
const asked: readonly SettingsFile[] = ['gradcam.json', 'preprocessor_config.json', 'processor_config.json', 'config.json']

/** A folder's URL, or that of an `.onnx` file. Labels and preprocessing are looked for beside it and one folder up. */
export const readModel: Host['readModel'] = async (source) => {
  const given = absolute(source)
  const isFile = given.pathname.endsWith('.onnx')
  const base = new URL(given.pathname.endsWith('/') ? given.pathname : `${given.pathname}/`, given)
  const found = await first(isFile ? [given] : [new URL('onnx/model.onnx', base), new URL('model.onnx', base)])
  if (!found)
    throw new GradcamError(
      'model-missing',
      isFile ? `no such model: ${source}` : `${source} holds neither onnx/model.onnx nor model.onnx`,
      {
        hint: 'give the address of a folder that holds onnx/model.onnx, or of an .onnx file',
      },
    )
  const folder = new URL('.', found.url)
  const root = folder.pathname.endsWith('/onnx/') ? new URL('..', folder) : folder
  const beside = (name: string): Promise<TextFile | undefined> =>
    firstText([...new Set([new URL(name, root).href, new URL(name, folder).href])].map(absolute))
  const [bytes, ...settings] = await Promise.all([
    bytesOf(found.response),
    ...asked.map(async (name) => [name, await beside(name)] as const),
  ])
  const own = decodeURIComponent(isFile ? found.url.pathname : base.pathname)
  const [, name = ''] = /([^/]*?)(?:\.onnx)?\/?$/.exec(own) ?? []
  const external = (locations: readonly string[]): Promise<ExternalFile[]> =>
    Promise.all(locations.map((location) => externalFile(folder, location)))
  return {
    ...{ name, file: found.url.href, bytes, external },
    settings: new Map(settings.flatMap(([known, file]) => (file ? [[known, file]] : []))),
  }
}

export const read: Host['read'] = async (name, maxBytes) => {
  const response = await get(absolute(name), (why, cause) => unreadable(`${name} cannot be read: ${why}`, 'check the address', cause))
  if (!response) throw new GradcamError('image-missing', `no such file: ${name}`, { hint: 'check the address' })
  checkByteCount(name, Number(response.headers.get('content-length') ?? 0), maxBytes)
  const bytes = await bytesOf(response)
  checkByteCount(name, bytes.length, maxBytes)
  return bytes
}
