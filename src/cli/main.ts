// The process of `captune`: its arguments, its exit code.
import { runProgram } from './program.ts'

// A reader that went away (`captune runs | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await runProgram(process.argv.slice(2))
