/** @file Values that are told apart by identity: functions and objects of a user's own, in keys of caches. */

const numbers = new WeakMap<object, number>()
let count = 0

/** A text that no other object has. */
export function identityOf(value: object, name = 'object'): string {
  const number = numbers.get(value) ?? ++count
  numbers.set(value, number)
  return `${name} #${number}`
}
