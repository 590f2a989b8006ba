import { Command } from 'commander'

export function inspectCommand(): Command {
  return new Command('inspect')
    .description(
      'What is in a weights file: keys, shapes and types, the model recognised, how it will be run, and what it lacks or has too many.',
    )
    .argument('<file>', 'safetensors (or the index of sharded ones), PyTorch (zip, legacy) or TorchScript')
    .option('--json', 'everything as JSON')
    .addHelpText(
      'after',
      `
Examples:
  captune inspect weights/shapes/clip.safetensors
  captune inspect data/hw3/p2_data/decoder_model.bin --json

Only what describes the tensors is read; no code of a file runs. Exit code 3 where a recognised model is incomplete.

Recognised are CLIPs of OpenAI, open_clip and Hugging Face, vision transformers of timm, and GPT-2s. What their shapes do not tell
(colours, crop, activation, epsilon) comes from the metadata \`captune.*\`, else from config.json, preprocessor_config.json or
open_clip_config.json in the same folder, else from a published name in the path (vit_base_patch16_224.augreg_in1k.safetensors).`,
    )
    .action(async (file: string, options: { json?: boolean }) => {
      const { printInspection } = await import('./inspect-report.ts')
      await printInspection(file, options.json === true)
    })
}
