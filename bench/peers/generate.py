"""Captions by transformers' generate() on the benchmark's own weights: GPT-2 with cross-attention, the image's states given."""
import argparse

import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.utils import logging

from turns import arguments, take_turns

few = 8  # the first two calls only grow memory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    for name, default in dict(images=64, beams=1, end=50256, longest=24, batch=64, layers=12, heads=12).items():
        parser.add_argument("--" + name, type=int, default=default)
    o = arguments(parser)
    logging.set_verbosity_error()
    weights = load_file(o.weights)
    features = weights.pop("features")
    (vocabulary, width), positions = weights["wte.weight"].shape, len(weights["wpe.weight"])
    sizes = dict(n_layer=o.layers, n_head=o.heads, n_embd=width, vocab_size=vocabulary, n_positions=positions)
    config = GPT2Config(**sizes, add_cross_attention=True, bos_token_id=o.end, eos_token_id=o.end, pad_token_id=o.end)
    model = GPT2LMHeadModel(config).eval()
    missing, unexpected = model.transformer.load_state_dict(weights, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    calls = 0

    @torch.inference_mode()
    def captions():
        nonlocal calls
        calls += 1
        found = []
        for batch in features[: few if calls <= 2 else o.images].split(o.batch):
            start = torch.full((len(batch), 1), o.end)
            given = dict(encoder_hidden_states=batch, attention_mask=torch.ones_like(start), do_sample=False)
            found += model.generate(start, **given, num_beams=o.beams, max_new_tokens=o.longest).tolist()
        return found

    take_turns(captions, o)


main()
