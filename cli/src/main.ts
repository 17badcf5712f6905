// The command line: `probespan COMMAND`. The only file of this room that ends the process.
import { Command } from 'commander'
import {
  runBridge,
  runCheck,
  runProbes,
  runRender,
  type BridgeFlags,
  type CheckFlags,
  type ProbesFlags,
  type RenderFlags,
} from '@probespan/bridge'
import { addFigureCommands } from './ask/figure-commands.ts'
import { addListCommands } from './ask/list-commands.ts'
import { repeated } from './ask/options.ts'
import { addTraceCommands } from './ask/trace-commands.ts'
import { runBench } from './bench.ts'
import { runDemo } from './demo/demo.ts'
import { addForwardCommands } from './forward/forward-commands.ts'
import { addTailCommand } from './tail/tail-command.ts'
import { addStoreCommands } from './store/store-commands.ts'

const program = new Command('probespan')
  .description("Turns USDT probes into OpenTelemetry traces, stores them beside Beyla's, and shows them.")
  .showHelpAfterError('(probespan COMMAND --help tells more)')

addTraceCommands(program)
addListCommands(program)
addFigureCommands(program)
addTailCommand(program)

program
  .command('bridge')
  .description('run bpftrace on a process and send what its probes say as spans (needs root)')
  .option('--pack <name>', 'a definition: a name of scripts-bt, or a file; can be repeated', repeated)
  .option('--script <file>', 'a bpftrace script that prints its own events')
  .option('--pid <pid>', 'the process to watch (1); can be repeated', repeated)
  .option(
    '--exe <path>',
    'all processes of a program or library, or of a quoted glob; can be repeated',
    repeated,
  )
  .option('--container <name>', 'a container, by name or id; can be repeated', repeated)
  .option('--endpoint <url>', 'where OTLP goes (http://127.0.0.1:3051)')
  .option('--service-name <name>', 'service.name of the spans')
  .option('--record <file>', 'also write the event stream to this file')
  .option('--replay <file>', 'play a recorded stream instead of attaching')
  .option('--spool <folder>', 'where spans wait on disk while the receiver is away; or "off"')
  .option('--listen <address>', 'serve health and metrics there, such as 127.0.0.1:9465')
  .action(async (flags: BridgeFlags) => {
    // An attempt to deliver that was given up may still be under way: it would keep the process.
    process.exit(await runBridge(process.env, flags))
  })

program
  .command('probes')
  .description("list a program's USDT probes, with likely pairs; or write a definition to start from")
  .option('--pid <pid>', 'of a running process and its libraries')
  .option('--exe <path>', 'of a program or library; a quoted glob for several')
  .option('--container <name>', 'of the processes of a container, by name or id')
  .option('--provider <glob>', 'only probes of these providers')
  .option('--json', 'JSON instead of a table')
  .option('--init [name]', 'print a definition file to start from, with the likely pairs')
  .option('--out <file>', 'write the definition to this file, which must not exist')
  .action(async (flags: ProbesFlags) => {
    process.exitCode = await runProbes(flags)
  })

program
  .command('render')
  .description('print the bpftrace program that a definition becomes')
  .argument('<pack>', 'a definition: a name of scripts-bt, or a file')
  .option('--pid <pid>', 'with the places of the probes in this process')
  .option('--exe <path>', 'with the places of the probes in this program or library')
  .option('--container <name>', 'with the places of the probes in this container')
  .action(async (pack: string, flags: RenderFlags) => {
    process.exitCode = await runRender(process.env, pack, flags)
  })

program
  .command('check')
  .description('test whether the bridge can work on this machine: each line says ok, or what to do')
  .option('--pid <pid>', 'also this process and its probes; can be repeated', repeated)
  .option('--exe <path>', 'also this program or library and its probes; can be repeated', repeated)
  .option('--container <name>', 'also the processes of this container; can be repeated', repeated)
  .option(
    '--pack <name>',
    'also whether each target has the probes of this definition; can be repeated',
    repeated,
  )
  .option('--endpoint <url>', 'where OTLP goes (http://127.0.0.1:3051)')
  .option('--json', 'JSON instead of lines')
  .action(async (flags: CheckFlags) => {
    process.exitCode = await runCheck(process.env, flags)
  })

program
  .command('ingest')
  .description('receive, store and show traces (ingest --help lists its settings)')
  // Its flags are ingest's own: it reads the command line itself.
  .helpOption(false)
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async () => {
    await import('@probespan/ingest/main')
  })

addStoreCommands(program)
addForwardCommands(program)

program
  .command('demo')
  .description('a shop with probes, the bridge on it, ingest, and traffic: traces of real requests')
  .option('--once', 'end after 20 complete request traces')
  .option('--no-replay', 'fail where the probes cannot be attached, instead of playing a recording')
  .action(async (options: { once?: boolean; replay: boolean }) => {
    process.exitCode = await runDemo({ once: options.once === true, replayAllowed: options.replay })
  })

program
  .command('bench')
  .description('measure a room; one JSON line a figure')
  .argument('<room>', 'bridge or ingest')
  .option('--short', 'only look whether it runs, in seconds; its figures mean little (ingest)')
  .action(async (room: string, options: { short?: boolean }) => {
    process.exitCode = await runBench(room, options.short === true)
  })

// A reader such as `head` has enough.
process.stdout.on('error', (error: Error & { code?: string }) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

await program.parseAsync()
