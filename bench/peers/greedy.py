"""Greedy captions in PyTorch with a key/value cache that grows with the text; nothing ends a caption early."""
import argparse

import torch

from captioner import Captioner, add_sizes
from turns import arguments, take_turns


def main():
    parser = argparse.ArgumentParser()
    add_sizes(parser)
    o = arguments(parser)
    model = Captioner(o).eval()
    features = torch.randn(o.images, o.image_tokens, o.image_width)

    @torch.inference_mode()
    def captions():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=o.bf16):
            keys = model.image_keys(features)
            caches = [[] for _ in range(o.layers)]
            ids = torch.zeros(o.images, 1, dtype=torch.long)
            tokens = []
            for position in range(o.tokens):
                ids = model(ids, keys, caches, position).argmax(-1)
                tokens.append(ids)
            return torch.cat(tokens, dim=1).tolist()

    take_turns(captions, o)


main()
