/** @file The command line: commands, options, help. What a command does is loaded when it runs, so that help is instant. */
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import type { ExplainFlags } from './commands/explain.ts'
import type { GradientFlags } from './commands/gradient.ts'
import type { LayersFlags } from './commands/layers.ts'
import type { MethodsFlags } from './commands/methods.ts'
import type { PredictFlags } from './commands/predict.ts'
import {
  collect,
  count,
  fraction,
  indices,
  maxPixelsOption,
  modelOption,
  names,
  numbers,
  quietOption,
  seed,
  setting,
  sizeOption,
  target,
  engineOption,
  threadsOption,
} from './options.ts'

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`

const targetHelp = `
Targets:
  cat, 281, top-1, top-3            a class by label or index; the network's best answers
  sum:cat|dog  mean:cat|dog         several classes as one score
  difference:cat|dog                this rather than that (difference:cat|nearest-3: than its likes)
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

const failUnless = (ok: boolean): void => {
  if (!ok) process.exitCode = 1
}

/** The program; its actions set process.exitCode or throw. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  const program = new Command('gradcam')
    .description('See why a vision model decided: Grad-CAM for any ONNX model, as it is.')
    .version(version, '-V, --version', 'print the version')
    .option('--debug', 'print the stack of errors')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help on a command')
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText(
      'after',
      examples(
        'gradcam explain photo.jpg',
        'gradcam explain photo.jpg --model googlenet --target "golden retriever" -o why.png',
        'gradcam layers --model googlenet',
      ),
    )
  for (const add of [addExplain, addPredict, addLayers, addGradient, addLists]) add(program)
  return program
}

function addExplain(program: Command): void {
  program
    .command('explain')
    .description('explain what a network saw in photos: a heat map over each')
    .usage('[options] <photos...>')
    .argument('[photos...]', 'pictures, folders, globs, or preprocessed .npy/.pb tensors')
    .addOption(modelOption())
    .addOption(
      new Option('-t, --target <target>', 'what to explain, see below; repeatable (default: top-1, of a detector box:top-1)').argParser(
        collect(target),
      ),
    )
    .option('--targets <file.json>', 'a target for each photo: {"photo.jpg": "box:dog", …}')
    .option('-o, --output <file|folder>', 'picture (.png, .jpg, .webp), a folder for several photos (default: <photo>.gradcam.png here)')
    .addOption(
      new Option('--method <names>', 'see gradcam methods; several side by side: repeat, or a,b (default: grad-cam)').argParser(
        collect(names),
      ),
    )
    .addOption(
      new Option('--set <name=value>', 'an option of the method, see gradcam methods <name>; repeatable').argParser(collect(setting)),
    )
    .option('--augment <name>', 'average over versions of the photo: none, flip, flip+scale (default: none)')
    .addOption(new Option('--noise <n>', 'average over that many noisy versions of the photo (default: 0)').argParser(count))
    .addOption(new Option('--seed <n>', 'seed of everything random (default: 1)').argParser(seed))
    .addOption(
      new Option('--feature-layer <tensor>', 'layer whose map is shown; repeatable (default: chosen, see gradcam layers)').argParser(
        collect(String),
      ),
    )
    .option('--fusion <name>', 'maps of several feature layers: mean, max, product, layer-cam (default: mean)')
    .option('--preset <name>', 'finish maps as matlab, pytorch-grad-cam, torchcam or captum do')
    .option('--reduction-layer <tensor>', 'layer whose score is explained (default: the logits)')
    .option('--activation <name>', 'after the sum over channels: relu, none, abs (default: relu)')
    .option('--upsample <name>', 'bicubic, bilinear, nearest, none (default: bicubic)')
    .option('--normalize <name>', 'minmax, max, percentile, symmetric, none (default: minmax, unless the method has its own)')
    .option('--colormap <name>', 'see gradcam colormaps (default: jet; blue-red for signed maps)')
    .option('--alpha <0..1>', 'how much the map covers the photo (default: 0.5)', fraction)
    .option('--scale <own|shared>', 'colours of several maps: each its own scale, or equal colours for equal values (default: own)')
    .option('--contours <levels>', 'draw lines at these parts of the maximum, as in 0.25,0.5', numbers)
    .option('--box', 'draw the box of the largest part over 15 % of the maximum')
    .option('--no-title', 'leave out the line with label and score')
    .option('--no-legend', 'leave out the colour bar')
    .option('--save-map <m.npy|folder>', 'write the map too: float32, NumPy format')
    .option('--save-mask <m.png|folder>', 'write where the map is high: white on black, as large as the photo')
    .option('--mask-threshold <0..1>', 'what counts as high, as a part of the maximum (default: 0.15)', fraction)
    .option('--report <page.html|folder>', 'write a page with photo, answers, maps, settings: one file that needs nothing else')
    .option('--json [file.json]', 'write results as JSON, a line each, to stdout or to the file')
    .addOption(quietOption())
    .addOption(threadsOption())
    .addOption(engineOption())
    .addOption(sizeOption())
    .addOption(maxPixelsOption())
    .addHelpText('after', targetHelp)
    .addHelpText(
      'after',
      examples(
        'gradcam explain photo.jpg',
        'gradcam explain photo.jpg -t espresso -t teapot -o both.png',
        'gradcam explain photo.jpg --method grad-cam,occlusion --set patch=0.1 --report why.html',
        'gradcam explain photo.jpg -t "difference:tiger cat|bull mastiff"',
        'gradcam explain holiday/ -o why/ --json why.jsonl',
        'gradcam explain photo.jpg --save-map map.npy --colormap viridis',
      ),
    )
    .action(async (photos: string[], _: object, command: Command) => {
      const { explain } = await import('./commands/explain.ts')
      failUnless(await explain(photos, command.optsWithGlobals<ExplainFlags>()))
    })
}

function addPredict(program: Command): void {
  program
    .command('predict')
    .description('classify photos: score, label and index of the best classes')
    .usage('[options] <photos...>')
    .argument('[photos...]', 'pictures, folders, globs, or preprocessed .npy/.pb tensors')
    .addOption(modelOption())
    .addOption(new Option('--top <n>', 'how many classes').argParser(count).default(5))
    .option('--json', 'print JSON, a line a photo')
    .addOption(quietOption())
    .addOption(threadsOption())
    .addOption(engineOption())
    .addOption(sizeOption())
    .addOption(maxPixelsOption())
    .action(async (photos: string[], _: object, command: Command) => {
      const { predict } = await import('./commands/predict.ts')
      failUnless(await predict(photos, command.optsWithGlobals<PredictFlags>()))
    })
}

function addLayers(program: Command): void {
  program
    .command('layers')
    .description('show the feature and the reduction layer of a network, why they were chosen, and the runners-up')
    .addOption(modelOption())
    .option('--feature-layer <tensor>', 'look at this feature layer')
    .option('--reduction-layer <tensor>', 'look at this reduction layer')
    .option('--path <photo>', 'follow the gradient of a photo back, node by node, with its norm: see where it dies')
    .addOption(
      new Option('-t, --target <target>', 'target to follow with --path, as in gradcam explain (default: top-1)').argParser(target),
    )
    .option('--json', 'print JSON')
    .addOption(threadsOption())
    .addOption(engineOption())
    .addOption(sizeOption())
    .addOption(maxPixelsOption())
    .addHelpText('after', examples('gradcam layers --model googlenet', 'gradcam layers --model detector --path photo.jpg -t box:dog'))
    .action(async (_: object, command: Command) => {
      const { layers } = await import('./commands/layers.ts')
      await layers(command.optsWithGlobals<LayersFlags>())
    })
}

function addGradient(program: Command): void {
  program
    .command('gradient')
    .description('compute the gradient of one tensor of a network with respect to another; files are .npy or ONNX .pb')
    .addOption(modelOption())
    .addOption(new Option('--input <NAME=FILE>', 'value of an input; repeat for each').argParser(collect(String)).makeOptionMandatory())
    .requiredOption('--of <tensor>', 'tensor that is differentiated')
    .option('--index <i>', 'its element: a channel (axis 1), or a whole position, comma-separated', indices)
    .option('--seed <file>', 'weights of all its elements, instead of --index')
    .requiredOption('--wrt <tensor>', 'tensor that it is differentiated by')
    .option(
      '--rules <name>',
      'rule table: plain, guided-backprop, deconvnet, lrp-epsilon, lrp-gamma, lrp-z-plus, lrp-epsilon-plus, lrp-epsilon-gamma (default: plain)',
    )
    .requiredOption('--out <file>', 'where the gradient goes')
    .addOption(quietOption())
    .addOption(threadsOption())
    .addOption(engineOption())
    .addHelpText('after', examples('gradcam gradient -m model.onnx --input image=x.npy --of logits --index 3 --wrt image --out dx.npy'))
    .action(async (_: object, command: Command) => {
      const { gradient } = await import('./commands/gradient.ts')
      await gradient(command.optsWithGlobals<GradientFlags>())
    })
}

function addLists(program: Command): void {
  program
    .command('methods')
    .description('list the methods, or tell of one: its options, their defaults and bounds')
    .argument('[name]', 'a method')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, _: object, command: Command) => {
      const { methods } = await import('./commands/methods.ts')
      await methods(name, command.optsWithGlobals<MethodsFlags>())
    })
  program
    .command('colormaps')
    .description('list the colour maps')
    .action(async () => (await import('./commands/colormaps.ts')).colormaps())
}
