/** @file The version of the library, for provenance in results. */

/** Version of the library, for provenance in results. */
export const version = '0.1.0'
