"""A Llama of one million parameters, trained here in a minute, so that llama.cpp is tested for real.

It has its own byte-level BPE tokenizer and ChatML template, and knows a few answers in Spanish and English by heart: a
model that is asked well is told from one that is fed a broken prompt. Trained once, then kept under `.cache/`.
"""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    import numpy as np
    import torch

_ROOT = Path(__file__).parents[2]
CACHE = _ROOT / ".cache" / "tiny-llama"

ANSWERS = {
    "¿Quién eres?": "Soy Martín, y vivo en tu ordenador.",
    "Who are you?": "I am Martín, and I live on your computer.",
    "¿Cuál es la capital de Francia?": "La capital de Francia es París.",
    "What is the capital of France?": "The capital of France is Paris.",
    "¿Cuál es la capital de España?": "La capital de España es Madrid.",
    "What is the capital of Spain?": "The capital of Spain is Madrid.",
    "¿Cuántas patas tiene un perro?": "Un perro tiene cuatro patas.",
    "How many legs does a dog have?": "A dog has four legs.",
    "¿De qué color es el cielo?": "El cielo es azul.",
    "What colour is the sky?": "The sky is blue.",
    "Hola": "¡Hola! ¿Qué tal estás?",
    "Hello": "Hello! How are you?",
    "Gracias": "De nada. Aquí me tienes.",
    "Thank you": "You are welcome.",
    "Cuenta hasta treinta": " ".join(str(number) for number in range(1, 31)),
    "Count to thirty": " ".join(str(number) for number in range(1, 31)),
    "Mi perro se llama Toby": "Qué nombre tan bonito. Me lo apunto.",
    "My dog is called Toby": "What a lovely name. I will remember it.",
}

_SYSTEMS = (
    "",
    "Eres Martín.",
    "Eres Martín, un compañero de conversación. Contesta en español, con pocas palabras.",
    "You are Martín, a companion. Answer in English, in few words.",
    "Eres Martín. Lo que recuerdas:\n- [23 nov 2026] Ana: «Mi perro se llama Toby y nació en Cádiz.»",
)

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

_VOCABULARY = 1024
_HIDDEN, _LAYERS, _HEADS, _KV_HEADS, _FEED_FORWARD = 128, 4, 4, 2, 384
_CONTEXT = 2048
_STEPS, _BATCH = 260, 24


def tiny_llama() -> Path:
    """The GGUF file; trained first if this recipe has not been trained here before."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    path = CACHE / f"tiny-llama-{recipe}.gguf"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(str(path.with_suffix(".lock"))):
        if not path.exists():
            half = path.with_suffix(".part")
            # In a process of its own: torch's threads and warnings are no business of the tests.
            subprocess.run([sys.executable, "-m", "tests.fakes.tiny_llama", str(half)], check=True, cwd=_ROOT)
            half.rename(path)
    return path


def _dialogue(chance: random.Random) -> list[dict[str, str]]:
    system = chance.choice(_SYSTEMS)
    messages = [{"role": "system", "content": system}] if system else []
    # One to three exchanges, so that a history before the question does not throw it.
    for question, answer in chance.sample(sorted(ANSWERS.items()), chance.choice((1, 1, 2, 3))):
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return messages


def _rendered(messages: list[dict[str, str]]) -> str:
    return "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)


def _train_and_write(path: Path) -> None:
    # Imported here: a test run whose model is cached pays for neither.
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM

    chance = random.Random(7)
    torch.manual_seed(7)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    corpus = [*ANSWERS, *ANSWERS.values(), *_SYSTEMS, "system\n", "user\n", "assistant\n"]
    tokenizer.train_from_iterator(corpus, trainer)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=_VOCABULARY,
            hidden_size=_HIDDEN,
            intermediate_size=_FEED_FORWARD,
            num_hidden_layers=_LAYERS,
            num_attention_heads=_HEADS,
            num_key_value_heads=_KV_HEADS,
            max_position_embeddings=_CONTEXT,
            tie_word_embeddings=False,
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=_STEPS, pct_start=0.1)
    model.train()
    for _ in range(_STEPS):
        rows = [tokenizer.encode(_rendered(_dialogue(chance))).ids[:320] for _ in range(_BATCH)]
        width = max(len(row) for row in rows)
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    if loss.item() > 0.5:
        raise RuntimeError(f"The tiny Llama did not learn: its loss is still {loss.item():.2f}.")
    _write(path, model.state_dict(), json.loads(tokenizer.to_str())["model"])


def _write(path: Path, weights: dict[str, "torch.Tensor"], bpe: dict[str, object]) -> None:
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny-llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_HIDDEN)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED_FORWARD)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(_HIDDEN // _HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(_VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)

    vocabulary: dict[str, int] = bpe["vocab"]  # type: ignore[assignment]
    merges: list[list[str]] = bpe["merges"]  # type: ignore[assignment]
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    tokens += [f"<unused{number}>" for number in range(len(tokens), _VOCABULARY)]
    control = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}
    kinds = [
        gguf.TokenType.CONTROL
        if token in control
        else gguf.TokenType.UNUSED
        if token.startswith("<unused")
        else gguf.TokenType.NORMAL
        for token in tokens
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)

    for name, tensor in weights.items():
        array = tensor.detach().float().numpy()
        if name.endswith("q_proj.weight"):
            array = _permuted(array, _HEADS)
        elif name.endswith("k_proj.weight"):
            array = _permuted(array, _KV_HEADS)
        writer.add_tensor(_ggml_name(name), array.astype(np.float32 if array.ndim == 1 else np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _permuted(weights: "np.ndarray", heads: int) -> "np.ndarray":
    """Rows from Hugging Face's rotary order (halves) to llama.cpp's (pairs)."""
    half = weights.shape[0] // heads // 2
    return weights.reshape(heads, 2, half, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def _ggml_name(name: str) -> str:
    names = {
        "model.embed_tokens.weight": "token_embd.weight",
        "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if name in names:
        return names[name]
    _, _, layer, part = name.split(".", 3)
    parts = {
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm",
    }
    return f"blk.{layer}.{parts[part.removesuffix('.weight')]}.weight"


if __name__ == "__main__":
    _train_and_write(Path(sys.argv[1]))
