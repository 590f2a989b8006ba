import { Command, Option } from 'commander'
import type { ExportOptions } from './export-run.ts'

export function exportCommand(): Command {
  return new Command('export')
    .description('Write what a run has learned, its best epoch, for other programs.')
    .argument('<run>', 'id, unique prefix of an id, or study/attempt')
    .requiredOption('--to <path>', 'the file or folder to write; its ending names the format')
    .addOption(new Option('--format <format>', 'where the ending does not say it').choices(['safetensors', 'pt', 'folder']))
    .addOption(
      new Option('--dtype <type>', 'of the values in safetensors files').choices(['float32', 'float16']).default('float32'),
    )
    .option('--merged', 'the decoder with the LoRA folded in, in the names of published GPT-2 files', false)
    .addHelpText(
      'after',
      `
Examples:
  captune export shapes/lora --to out/trained.safetensors --dtype float16
  captune export shapes/lora --to out/trained.pt          for torch.load(path, weights_only=True): {name: tensor}
  captune export shapes/lora --to out/lora                for PeftModel.from_pretrained(gpt2, 'out/lora')
  captune export shapes/lora --to out/gpt2 --merged       for GPT2LMHeadModel.from_pretrained('out/gpt2')

Names are the decoder's own (h.0.attn.c_attn...); linear maps are [inputs, outputs], as in GPT-2's files.
The folders hold the decoder's part; the cross-attention lies in cross_attention.safetensors beside it.
A config starts from any of these but a merged decoder by train.start: PATH.`,
    )
    .action(async (run: string, options: ExportOptions) => {
      const { printExport } = await import('./export-run.ts')
      await printExport(run, options)
    })
}
