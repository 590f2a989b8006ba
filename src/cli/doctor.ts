import { Command } from 'commander'

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('What this machine can do: engines, why others are refused, threads, versions, what is in place.')
    .addHelpText('after', '\nExample:\n  captune doctor')
    .action(async () => {
      const { printDoctor } = await import('./doctor-report.ts')
      await printDoctor()
    })
}
