/** @file Names in code and on the command line. */

/** `featureLayer` → `feature-layer` */
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `feature-layer` → `featureLayer` */
export const camel = (name: string): string => name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
