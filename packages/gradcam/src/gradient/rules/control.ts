/** @file Branches and loops: refused, because the image decides what they run. Branches with a known condition are inlined before. */
import type { Rule, RuleContext } from '../rule.ts'

const refused =
  (why: string): Rule =>
  (context: RuleContext) =>
    context.refuse(why, 'choose a `featureLayer` after this node, or a method without gradients, such as eigen-cam or occlusion')

export const If = refused('which branch it takes depends on the image, so it cannot be differentiated')
export const Loop = refused('loops cannot be differentiated')
export const Scan = refused('loops cannot be differentiated')
