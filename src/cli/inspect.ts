import { Command } from 'commander'

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('What is in a weights file: keys, shapes and types, the model recognised, and what it lacks or has too many.')
    .argument('<file>', 'safetensors (or the index of sharded ones), PyTorch (zip, legacy) or TorchScript')
    .option('--json', 'everything as JSON')
    .addHelpText(
      'after',
      `
Examples:
  captune inspect weights/shapes/clip.safetensors
  captune inspect data/hw3/p2_data/decoder_model.bin --json

Only what describes the tensors is read; no code of a file runs. Exit code 3 where a recognised model is incomplete.`,
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const { printInspection } = await import('./inspect-report.ts')
      printInspection(file, options.json === true)
    })
}
