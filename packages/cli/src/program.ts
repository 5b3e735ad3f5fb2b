/** @file The command line: commands, flags, help. What a command does is loaded when it runs, so that help is instant. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { refuse } from './errors.ts'
import { type Flags, optionOf } from './flags/flag.ts'
import {
  type ExplainFlags,
  explainFlags,
  type GradientFlags,
  globalFlags,
  gradientFlags,
  type LayersFlags,
  layersFlags,
  type MethodsFlags,
  methodsFlags,
  type PredictFlags,
  predictFlags,
  type ReplayFlags,
  replayFlags,
} from './flags/table.ts'

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`

function withFlags(command: Command, flags: Flags): Command {
  for (const [name, flag] of Object.entries(flags)) command.addOption(optionOf(name, flag))
  return command
}

const withPhotos = (command: Command): Command =>
  command.usage('[options] <photos...>').argument('[photos...]', 'photos, folders, globs, or preprocessed .npy/.pb tensors')

const failUnless = (ok: boolean): void => {
  if (!ok) process.exitCode = 1
}

/**
 * The targets of `gradcam explain`, by the library's table of objectives; loaded only where help is asked for, which is instant without.
 */
export async function targetHelpFor(args: readonly string[]): Promise<string> {
  const wanted = args.includes('explain') && args.some((arg) => arg === 'help' || arg === '--help' || arg === '-h')
  if (!wanted) return ''
  const { objectiveKinds } = await import('gradcam')
  const rows = objectiveKinds.flatMap(({ help }) => help)
  const width = Math.max(...rows.map(([words]) => words.length))
  return `\nTargets:\n${rows.map(([words, meaning]) => `  ${words.padEnd(width)}  ${meaning}\n`).join('')}`
}

/** The program; its actions set process.exitCode or throw. */
export function createProgram(targetHelp = ''): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  const program = new Command('gradcam')
    .description('See why a vision model decided: Grad-CAM for any ONNX model, as it is.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
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
  withFlags(program, globalFlags)
  addExplain(program, targetHelp)
  for (const add of [addPredict, addLayers, addReplay, addGradient, addLists, addHelp]) add(program)
  return program
}

function addExplain(program: Command, targetHelp: string): void {
  withFlags(withPhotos(program.command('explain')), explainFlags)
    .description('explain what a network saw in photos: a heat map over each')
    .addHelpText('after', targetHelp)
    .addHelpText(
      'after',
      examples(
        'gradcam explain photo.jpg',
        'gradcam explain photo.jpg -t espresso -t teapot -o both.png',
        'gradcam explain photo.jpg --method grad-cam,occlusion --set patch=0.1 --report why.html',
        'gradcam explain photo.jpg -t "difference:tiger cat|bull mastiff"',
        'gradcam explain holiday/ -o why/ --json why.jsonl',
        'gradcam explain photo.jpg --save-map map.npy --colormap viridis -o why.png',
      ),
    )
    .action(async (photos: string[], _: object, command: Command) => {
      const { explain } = await import('./commands/explain.ts')
      failUnless(await explain(photos, command.optsWithGlobals<ExplainFlags>()))
    })
}

function addPredict(program: Command): void {
  withFlags(withPhotos(program.command('predict')), predictFlags)
    .description('classify photos: score, label and index of the best classes')
    .action(async (photos: string[], _: object, command: Command) => {
      const { predict } = await import('./commands/predict.ts')
      failUnless(await predict(photos, command.optsWithGlobals<PredictFlags>()))
    })
}

function addLayers(program: Command): void {
  withFlags(program.command('layers'), layersFlags)
    .description('show the feature and the reduction layer of a network, why they were chosen, and the runners-up')
    .addHelpText('after', examples('gradcam layers --model googlenet', 'gradcam layers --model detector --path photo.jpg -t box:dog'))
    .action(async (_: object, command: Command) => {
      const { layers } = await import('./commands/layers.ts')
      await layers(command.optsWithGlobals<LayersFlags>())
    })
}

function addReplay(program: Command): void {
  withFlags(program.command('replay').argument('<file>', 'what gradcam explain --json wrote').argument('[photo]', 'the photo'), replayFlags)
    .description('make recorded explanations again, and say whether their maps are the same')
    .addHelpText('after', examples('gradcam replay why.json', 'gradcam replay why.json elsewhere/photo.jpg --model googlenet -o again.png'))
    .action(async (file: string, photo: string | undefined, _: object, command: Command) => {
      const { replay } = await import('./commands/replay.ts')
      failUnless(await replay(file, photo, command.optsWithGlobals<ReplayFlags>()))
    })
}

function addGradient(program: Command): void {
  withFlags(program.command('gradient'), gradientFlags)
    .description('compute the gradient of one tensor of a network with respect to another; files are .npy or ONNX .pb')
    .addHelpText('after', examples('gradcam gradient -m model.onnx --input image=x.npy --of logits --index 3 --wrt image --out dx.npy'))
    .action(async (_: object, command: Command) => {
      const { gradient } = await import('./commands/gradient.ts')
      await gradient(command.optsWithGlobals<GradientFlags>())
    })
}

function addLists(program: Command): void {
  withFlags(program.command('methods').argument('[name]', 'a method'), methodsFlags)
    .description('list the methods, or describe one: its options, their defaults and bounds')
    .action(async (name: string | undefined, _: object, command: Command) => {
      const { methods } = await import('./commands/methods.ts')
      await methods(name, command.optsWithGlobals<MethodsFlags>())
    })
  program
    .command('colormaps')
    .description('list the colour maps')
    .action(async () => (await import('./commands/colormaps.ts')).colormaps())
}

function addHelp(program: Command): void {
  program
    .command('help')
    .description('print help on a command')
    .argument('[command]', 'a command')
    .action((name: string | undefined) => {
      const found = name === undefined ? program : program.commands.find((command) => command.name() === name)
      if (found) return found.outputHelp()
      const allowed = program.commands.map((command) => command.name())
      throw refuse('bad-option', `unknown command '${name}'`, 'gradcam --help lists commands', { data: { value: name, allowed } })
    })
}
