import { Command } from 'commander'
import { databasePath } from '../recipes/places.ts'

export function dashboardCommand(): Command {
  return new Command('dashboard')
    .description('Compare attempts in the terminal, live; without a terminal, print the comparison.')
    .argument('[study]', 'runs of one study alone')
    .addHelpText(
      'after',
      `
Examples:
  captune dashboard
  captune dashboard shapes
In it, ? shows the keys.`,
    )
    .action(async (study: string | undefined) => {
      if (process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb') {
        process.env['NODE_ENV'] ??= 'production' // React's other build is slower and keeps measurements of every frame
        Object.assign(process.env, { CI: 'false', CONTINUOUS_INTEGRATION: 'false' }) // where these are set, Ink draws nothing until it ends
        const { startDashboard } = await import('../../dashboards/start.ts')
        const { fontsConfig } = await import('../report/fonts.ts')
        return startDashboard({ database: databasePath(), study, fonts: fontsConfig })
      }
      const { printComparison } = await import('./runs-compare.ts')
      printComparison([], { study })
    })
}
