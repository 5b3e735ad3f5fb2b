/** @file How pixel maps are finished: they have the size of the image already, and a few pixels outshine all others. */
import type { PostProcessing } from '../post.ts'

/** Maps without sign: the brightest hundredth is cut, as usual for pixel gradients (Smilkov et al. 2017, arXiv:1706.03825, section 3.1). */
export const magnitudes: PostProcessing = { activation: 'none', upsample: 'none', normalize: 'percentile' }

/** Maps with signs: the same for both, zero stays zero. */
export const signed: PostProcessing = { activation: 'none', upsample: 'none', normalize: 'symmetric' }
