/** @file Options without those that were not given. */

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The same object without its undefined members: absent is how the library spells "default". */
export function present<T extends object>(options: T): Present<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<T>
}
