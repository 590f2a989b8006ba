"""A peer's side of a contest, as ../turns.ts: warm up, say so, work when asked to. Without --turns it measures alone and prints one line."""
import json
import resource
import sys
import time

import torch


def arguments(parser):
    """Adds what every peer takes, and parses."""
    parser.add_argument("--bf16", action="store_true", help="bfloat16 where autocast chooses it; otherwise float32")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as PyTorch takes by itself")
    parser.add_argument("--turns", action="store_true", help="work when a number of repetitions comes in")
    parser.add_argument("--steps", type=int, default=5, help="repetitions without --turns")
    options = parser.parse_args()
    if options.bf16 and not multiplies_bf16():
        sys.exit("PyTorch multiplies bfloat16 in software on this processor, tens of times as slowly as float32")
    if options.threads > 0:
        torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    return options


def multiplies_bf16():
    """Whether oneDNN does it (AVX-512 and later); what lacks oneDNN is left to show what it can."""
    return not torch.backends.mkldnn.is_available() or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def take_turns(work, options, **facts):
    """Lines on standard output: facts when ready, times whenever asked, peak memory at the end."""
    work(), work()
    facts = dict(facts, threads=torch.get_num_threads())
    if not options.turns:
        seconds = sorted(times(work, options.steps)["seconds"])
        precision = "bf16" if options.bf16 else "fp32"
        return say(peer="pytorch " + torch.__version__, precision=precision, **facts, seconds=seconds[len(seconds) // 2], peak_bytes=peak_bytes())
    say(ready=facts)
    for line in sys.stdin:
        say(**times(work, int(line)))
    say(peak_bytes=peak_bytes())


def times(work, repetitions):
    seconds, processor = [], []
    for _ in range(repetitions):
        began, before = time.perf_counter(), time.process_time()
        work()
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - before)
    return dict(seconds=seconds, processor=processor)


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def say(**message):
    print(json.dumps(message), flush=True)
