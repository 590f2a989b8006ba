"""Full-size weights with random values in the published formats, and what PyTorch computes with them: `python3 make-references.py PART FOLDER`.

  clip-b32, clip-l14   a TorchScript archive with OpenAI's attribute tree and half-precision matrices; towers out of PyTorch's own layers
  timm                 a state dict of timm's vit_base_patch16_224                                    needs timm
  gpt2                 a legacy archive as `pytorch_model.bin` of 2019, masks included                 needs transformers
  captioner            the same decoder with cross-attention and LoRA: loss, gradients, ten AdamW steps  needs transformers, peft

Values are float32 on the CPU, seed 0. Each part writes `PART.safetensors` last: where that is, the part is whole.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

part, folder = sys.argv[1:]
torch.manual_seed(0)


def path(name):
    return os.path.join(folder, name)


def write(name, tensors):
    """A minimal safetensors writer."""
    header, arrays, end = {"__metadata__": {"torch": torch.__version__}}, [], 0
    for key, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().numpy())
        if array.dtype == np.int64:
            array = array.astype(np.int32)
        kind = {"float32": "F32", "int32": "I32"}[str(array.dtype)]
        header[key] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [end, end + array.nbytes]}
        arrays.append(array)
        end += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path(name + ".tmp"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays:
            file.write(array.tobytes())
    os.rename(path(name + ".tmp"), path(name))


# ---- CLIP, whose modules carry OpenAI's names


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class ResidualAttentionBlock(nn.Module):
    def __init__(self, width, mask):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, width // 64, batch_first=True)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", QuickGELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))
        self.ln_2 = nn.LayerNorm(width)
        self.mask = mask

    def forward(self, x):
        normed = self.ln_1(x)
        x = x + self.attn(normed, normed, normed, need_weights=False, attn_mask=self.mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, mask=None):
        super().__init__()
        self.resblocks = nn.Sequential(*(ResidualAttentionBlock(width, mask) for _ in range(layers)))

    def forward(self, x):
        return self.resblocks(x)


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, width, layers, embedding):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positional_embedding = nn.Parameter(torch.randn((size // patch) ** 2 + 1, width) * width**-0.5)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, layers)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, embedding) * width**-0.5)

    def tokens(self, images):
        x = self.conv1(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_embedding.expand(x.shape[0], 1, -1), x], 1) + self.positional_embedding
        return self.ln_post(self.transformer(self.ln_pre(x)))

    def forward(self, images):
        return self.tokens(images)[:, 0] @ self.proj


class Clip(nn.Module):
    def __init__(self, size, patch, width, layers, embedding, text_width):
        super().__init__()
        self.visual = VisionTransformer(size, patch, width, layers, embedding)
        self.transformer = Transformer(text_width, 12, torch.full((77, 77), float("-inf")).triu(1))
        self.token_embedding = nn.Embedding(49408, text_width)
        self.positional_embedding = nn.Parameter(torch.randn(77, text_width) * 0.01)
        self.ln_final = nn.LayerNorm(text_width)
        self.text_projection = nn.Parameter(torch.randn(text_width, embedding) * text_width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(np.log(100.0), dtype=torch.float32))
        for name, value in {"input_resolution": size, "context_length": 77, "vocab_size": 49408}.items():
            self.register_buffer(name, torch.tensor(value))

    def text(self, ids):
        x = self.ln_final(self.transformer(self.token_embedding(ids) + self.positional_embedding))
        return x[torch.arange(ids.shape[0]), ids.argmax(-1)] @ self.text_projection

    def forward(self, images, ids):
        return self.visual(images), self.text(ids)


def halve(model):
    """Matrices to half precision where OpenAI's files have it; `model` keeps float32 copies of the rounded values."""
    for module in model.modules():
        names = {nn.Linear: ["weight", "bias"], nn.Conv2d: ["weight"], nn.MultiheadAttention: ["in_proj_weight", "in_proj_bias"]}
        half = [n for kind, ns in names.items() if isinstance(module, kind) for n in ns] + ["proj", "text_projection"]
        for name in half:
            parameter = getattr(module, name, None)
            if isinstance(parameter, nn.Parameter):
                parameter.data = parameter.data.half().float()
                parameter.stored_as_half = True


def clip(size, patch, width, layers, embedding, text_width):
    model = Clip(size, patch, width, layers, embedding, text_width).eval()
    halve(model)
    images = torch.randn(2, 3, size, size)
    ids = torch.zeros(2, 77, dtype=torch.long)
    for row, length in enumerate((9, 30)):
        ids[row, :length] = torch.cat([torch.tensor([49406]), torch.randint(1, 49000, (length - 2,)), torch.tensor([49407])])
    with torch.no_grad():
        expected = {"images": images, "ids": ids, "tokens": model.visual.tokens(images), "image": model.visual(images), "text": model.text(ids)}
        archive = torch.jit.trace(model, (images, ids), check_trace=False)
        for (_, saved), (_, parameter) in zip(archive.named_parameters(), model.named_parameters()):
            if hasattr(parameter, "stored_as_half"):
                saved.data = saved.data.half()
        archive.save(path(part + ".pt"))
    write(part + ".safetensors", expected)


# ---- timm


def timm_vit():
    import timm

    model = timm.create_model("vit_base_patch16_224.augreg2_in21k_ft_in1k", pretrained=False).eval()
    for parameter in model.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)
    images = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        tokens = model.forward_features(images)
    torch.save(model.state_dict(), path("vit_base_patch16_224.augreg2_in21k_ft_in1k.bin"))
    write("timm.safetensors", {"images": images, "tokens": tokens})


# ---- GPT-2 and the captioner on it


def decoder(cross):
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(1)
    config = GPT2Config(resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, use_cache=False)
    model = GPT2LMHeadModel(config)
    if not cross:
        return model.eval()
    with_cross = GPT2LMHeadModel(GPT2Config(**{**config.to_dict(), "add_cross_attention": True}))
    with_cross.load_state_dict(model.state_dict(), strict=False)
    return with_cross


def gpt2():
    model = decoder(cross=False)
    ids = torch.randint(0, 50257, (2, 40))
    with torch.no_grad():
        logits = model(ids).logits
    state = {name: value for name, value in model.transformer.state_dict().items() if not name.endswith((".attn.bias", "masked_bias"))}
    for layer in range(12):
        state[f"h.{layer}.attn.bias"] = torch.ones(1024, 1024).tril().view(1, 1, 1024, 1024)
    torch.save(state, path("pytorch_model.bin"), _use_new_zipfile_serialization=False)
    write("gpt2.safetensors", {"ids": ids, "logits": logits})


IMAGES, CAPTIONS, LENGTH, RANK, STEPS, RATE, DECAY = 4, 4, 20, 16, 10, 1e-3, 0.01


def captioner():
    from peft import LoraConfig, get_peft_model

    model = decoder(cross=True)
    lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=r".*\.attn\.c_attn", fan_in_fan_out=True, lora_dropout=0.0)
    model = get_peft_model(model, lora).train()
    torch.manual_seed(2)
    named = {}
    for name, parameter in model.named_parameters():
        ours = name.removeprefix("base_model.model.transformer.").replace(".default.weight", "").replace(".base_layer", "")
        new = "crossattention" in ours or "ln_cross_attn" in ours
        parameter.requires_grad_(new or "lora_" in ours)
        if parameter.requires_grad:
            named[ours] = parameter
        if ours.endswith("lora_B"):
            parameter.data = torch.randn_like(parameter) * 0.02  # zeros would hide the gradient of lora_A

    features = torch.randn(IMAGES, 50, 768)
    ids = torch.randint(0, 50257, (IMAGES * CAPTIONS, LENGTH))
    targets = torch.randint(0, 50257, (IMAGES * CAPTIONS, LENGTH))
    for row in range(targets.shape[0]):
        targets[row, 8 + row % 12 :] = -100
    expected = {"features": features, "ids": ids, "targets": targets}
    expected |= {f"trained/{name}": value.detach().clone() for name, value in named.items()}

    matrices = [value for value in named.values() if value.ndim > 1]
    others = [value for value in named.values() if value.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    losses = []
    for step in range(STEPS):
        logits = model(input_ids=ids, encoder_hidden_states=features.repeat_interleave(CAPTIONS, 0)).logits
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            expected |= {f"grad/{name}": value.grad.clone() for name, value in named.items()}
        nn.utils.clip_grad_norm_(named.values(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    expected |= {"losses": torch.stack(losses)} | {f"after/{name}": value for name, value in named.items()}
    write("captioner.safetensors", expected)


parts = {
    "clip-b32": lambda: clip(224, 32, 768, 12, 512, 512),
    "clip-l14": lambda: clip(224, 14, 1024, 24, 768, 768),
    "timm": timm_vit,
    "gpt2": gpt2,
    "captioner": captioner,
}
parts[part]()
