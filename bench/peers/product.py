"""A chain of matrix products in PyTorch: (rows, inputs) x (inputs, outputs) x (outputs, inputs), `pairs` times."""
import argparse

import torch

from turns import arguments, take_turns


def main():
    parser = argparse.ArgumentParser()
    for name, default in dict(rows=1024, inputs=1024, outputs=1024, pairs=4).items():
        parser.add_argument("--" + name, type=int, default=default)
    o = arguments(parser)
    kind = torch.bfloat16 if o.bf16 else torch.float32
    up = (torch.randn(o.inputs, o.outputs) * o.inputs**-0.5).to(kind)
    down = (torch.randn(o.outputs, o.inputs) * o.outputs**-0.5).to(kind)
    start = torch.randn(o.rows, o.inputs).to(kind)

    @torch.inference_mode()
    def chain():
        x = start
        for _ in range(o.pairs):
            x = x @ up @ down
        return x.float().sum().item()

    take_turns(chain, o)


main()
