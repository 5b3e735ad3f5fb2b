/** @file `gradcam/web`: a browser as the library's host. */
export { createGradcam, type Gradcam } from '../gradcam.ts'
export { webHost, type WebHostOptions } from './host.ts'
