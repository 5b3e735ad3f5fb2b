/** @file The targets of `gradcam explain`, as its help lists them. */
export const targetHelp = `
Targets:
  cat, 281, top-1, top-3            a class by label or index; the network's best answers
  all                               every class
  sum:cat|dog  mean:cat|dog         several classes as one score
  difference:cat|dog                this rather than that (difference:cat|nearest-3: than the most similar ones)
  against:cat                       what speaks against a target
  value:yaw  value:0:down           a number by label or index, up or down (value:name[0,3]: of a tensor)
  region:clothes                    a class of a segmentation, where the network sees it, or …
    @mask.png @box:x1,y1,x2,y2 @point:x,y     … there
  box:dog  box:dog#2  box:top-3     a detector's box by class and rank, its best ones,
    box:17                          … or one by index
  similar:photo.jpg                 likeness of embeddings
  expression:logits[3] - logits[5]  a formula over tensors
  onnx:score.onnx                   a small model whose inputs are tensors of the network
  {"kind": …}  @target.json         any of them as JSON, see docs/targets.md
`
