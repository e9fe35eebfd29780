// Attention and RotaryEmbedding.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "graph/expansion.h"
#include "graph/masks.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct Heads {
  std::int64_t query = 0, key = 0;
  bool joined = false;  // the heads lie side by side in the last axis
};

Result<Heads> heads_of(const Call& call) {
  Heads heads;
  VEIL_TRY(query, call.integer("q_num_heads", 0));
  VEIL_TRY(key, call.integer("kv_num_heads", 0));
  const std::size_t rank = call.shape(0).size();
  for (std::size_t i = 0; i < 3; ++i) {
    if (call.shape(i).size() != rank || (rank != 3 && rank != 4))
      return Error{"its inputs must have three or four axes"};
  }
  heads.joined = rank == 3;
  heads.query = heads.joined ? query : call.shape(0)[1];
  heads.key = heads.joined ? key : call.shape(1)[1];
  if (heads.query < 1 || heads.key < 1 || heads.query % heads.key != 0) return Error{"its numbers of heads do not fit"};
  for (std::size_t i = 0; i < 3 && heads.joined; ++i) {
    if (call.shape(i)[2] % (i == 0 ? heads.query : heads.key) != 0) return Error{"its numbers of heads do not fit"};
  }
  return heads;
}

// [batch, heads, sequence, size]
ValueId with_heads(Expansion& expansion, ValueId x, std::int64_t heads, bool joined) {
  if (!joined || expansion.failed()) return x;
  const GraphShape shape = expansion.shape(x);
  const ValueId split = expansion.reshape(x, {shape[0], shape[1], heads, shape[2] / heads});
  return expansion.transpose(split, {0, 2, 1, 3});
}

// Every head of keys and values is read by `times` heads of queries, side by side.
ValueId repeat_heads(Expansion& expansion, ValueId x, std::int64_t heads, std::int64_t times) {
  if (times == 1 || !expansion.may_hold({heads * times})) return x;
  Integers indices;
  for (std::int64_t head = 0; head < heads * times; ++head) indices.push_back(head / times);
  return expansion.gather(x, 1, indices);
}

ValueId causal_mask(Expansion& expansion, std::int64_t queries, std::int64_t keys, std::int64_t past) {
  Array mask{{queries, keys}, {}};
  for (std::int64_t query = 0; query < queries; ++query) {
    for (std::int64_t key = 0; key < keys; ++key) mask.data.push_back(key <= query + past ? 1 : 0);
  }
  return expansion.constant(std::move(mask), ElementType::kBool);
}

// A mask shorter than the keys leaves the last of them out.
bool is_shorter(Expansion& expansion, ValueId mask, std::int64_t keys) {
  const GraphShape shape = expansion.shape(mask);
  return !shape.empty() && shape.back() < keys && shape.back() != 1;
}

// By zeros: a masked score among numbers that are added would cost them their fraction.
ValueId lengthen(Expansion& expansion, ValueId mask, std::int64_t keys) {
  if (!is_shorter(expansion, mask, keys)) return mask;
  const GraphShape shape = expansion.shape(mask);
  GraphShape missing = shape;
  missing.back() = keys - shape.back();
  if (!expansion.may_hold(missing)) return mask;
  Array filling{missing, std::vector<double>(size_of(missing), 0.0)};
  return expansion.concat({mask, expansion.constant(std::move(filling), expansion.type(mask))}, shape.size() - 1);
}

ValueId first_keys(Expansion& expansion, std::int64_t count, std::int64_t keys) {
  if (!expansion.may_hold({keys})) return expansion.input(0);
  Array mask{{keys}, std::vector<double>(static_cast<std::size_t>(keys), 0.0)};
  std::fill_n(mask.data.begin(), count, 1.0);
  return expansion.constant(std::move(mask), ElementType::kBool);
}

// By entry of the batch, how many keys count.
ValueId padding_mask(Expansion& expansion, ValueId lengths, std::int64_t keys) {
  if (!expansion.may_hold({keys})) return lengths;
  Integers places(static_cast<std::size_t>(keys));
  std::iota(places.begin(), places.end(), 0);
  const ValueId each = expansion.cast(lengths, ElementType::kInt64);
  const ValueId rows = expansion.reshape(each, {element_count(expansion.shape(each)).value_or(1), 1, 1, 1});
  return expansion.add("Less", {expansion.integers(places), rows});
}

struct Lengths {
  std::int64_t queries, keys, past;
};

// Of all masks one: between two choices, scores would have to be as coarse as masked ones are low.
ValueId apply_masks(Expansion& expansion, ValueId scores, const Lengths& lengths, bool causal, double masked) {
  std::optional<ValueId> kept;
  const auto keep = [&](ValueId mask) { kept = kept ? expansion.add("And", {*kept, mask}) : mask; };
  if (expansion.has(3)) {
    const ValueId given = expansion.input(3);
    const ValueId mask = lengthen(expansion, given, lengths.keys);
    const bool is_bool = expansion.type(mask) == ElementType::kBool;
    if (is_bool) keep(mask);
    if (!is_bool) scores = expansion.add("Add", {scores, mask});
    if (!is_bool && is_shorter(expansion, given, lengths.keys)) {
      keep(first_keys(expansion, expansion.shape(given).back(), lengths.keys));
    }
  }
  if (causal && expansion.may_hold({lengths.queries, lengths.keys})) {
    keep(causal_mask(expansion, lengths.queries, lengths.keys, lengths.past));
  }
  if (expansion.has(6)) keep(padding_mask(expansion, expansion.input(6), lengths.keys));
  return kept ? expansion.add("Where", {*kept, scores, expansion.number_like(masked, scores)}) : scores;
}

struct AttentionForm {
  double scale, softcap;
  bool causal;
  std::int64_t shown;  // which step the fourth output is
};

Result<AttentionForm> attention_form(const Call& call, std::int64_t size) {
  VEIL_TRY(scale, call.real("scale", 1 / std::sqrt(static_cast<double>(size))));
  VEIL_TRY(softcap, call.real("softcap", 0));
  VEIL_TRY(causal, call.integer("is_causal", 0));
  VEIL_TRY(shown, call.integer("qk_matmul_output_mode", 0));
  if (shown < 0 || shown > 3) return Error{"its 'qk_matmul_output_mode' is not known"};
  return AttentionForm{scale, softcap, causal != 0, shown};
}

ValueId softcap_of(Expansion& expansion, ValueId scores, double limit) {
  if (limit <= 0) return scores;
  return expansion.binary("Mul", expansion.add("Tanh", {expansion.binary("Div", scores, limit)}), limit);
}

ValueId present(Expansion& expansion, std::size_t past, ValueId x) {
  return expansion.has(past) ? expansion.concat({expansion.input(past), x}, 2) : x;
}

ValueId weighted_values(Expansion& expansion, const Heads& heads, ValueId weights, ValueId values) {
  const ValueId mixed = expansion.add("MatMul", {weights, values});
  if (!heads.joined) return mixed;
  const ValueId turned = expansion.transpose(mixed, {0, 2, 1, 3});
  const GraphShape shape = expansion.shape(turned);
  return expansion.failed() ? mixed : expansion.reshape(turned, {shape[0], shape[1], shape[2] * shape[3]});
}

Status expand_attention(Expansion& expansion) {
  VEIL_TRY(heads, heads_of(expansion.call()));
  const ValueId query = with_heads(expansion, expansion.input(0), heads.query, heads.joined);
  const ValueId new_key = with_heads(expansion, expansion.input(1), heads.key, heads.joined);
  const ValueId new_value = with_heads(expansion, expansion.input(2), heads.key, heads.joined);
  const ValueId key = present(expansion, 4, new_key);
  const ValueId value = present(expansion, 5, new_value);
  if (expansion.failed()) return Done{};
  const GraphShape shape = expansion.shape(query);
  const std::int64_t keys = expansion.shape(key)[2];
  const Lengths lengths{shape[2], keys, keys - expansion.shape(new_key)[2]};
  VEIL_TRY(form, attention_form(expansion.call(), shape[3]));
  const std::int64_t times = heads.query / heads.key;
  const ValueId all_keys = repeat_heads(expansion, key, heads.key, times);
  const ValueId all_values = repeat_heads(expansion, value, heads.key, times);
  const ValueId scaled = expansion.binary("Mul", query, form.scale);
  const ValueId product = expansion.add("MatMul", {scaled, expansion.transpose(all_keys, {0, 1, 3, 2})});
  const ValueId capped = softcap_of(expansion, product, form.softcap);
  // Who looks at the masked scores expects the infinity of the standard.
  const double masked = expansion.wants(3) && form.shown == 2 ? -HUGE_VAL : kMaskedScore;
  const ValueId scores = apply_masks(expansion, capped, lengths, form.causal, masked);
  const ValueId weights = expansion.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  expansion.give(0, weighted_values(expansion, heads, weights, all_values));
  expansion.give(1, key);
  expansion.give(2, value);
  expansion.give(3, std::array{product, capped, scores, weights}[static_cast<std::size_t>(form.shown)]);
  return Done{};
}

struct RotaryForm {
  std::int64_t heads, rotated;
  bool interleaved, joined;
};

Result<RotaryForm> rotary_form(const Call& call) {
  VEIL_TRY(heads, call.integer("num_heads", 0));
  VEIL_TRY(rotated, call.integer("rotary_embedding_dim", 0));
  VEIL_TRY(interleaved, call.integer("interleaved", 0));
  const GraphShape& shape = call.shape(0);
  const bool joined = shape.size() == 3;
  if (!joined && shape.size() != 4) return Error{"its input must have three or four axes"};
  if (joined && (heads < 1 || shape[2] % heads != 0)) return Error{"its number of heads does not fit"};
  const std::int64_t size = joined ? shape[2] / heads : shape[3];
  if (rotated == 0) rotated = size;
  if (rotated < 2 || rotated > size || rotated % 2 != 0) return Error{"its rotated part is not possible"};
  return RotaryForm{joined ? heads : shape[1], rotated, interleaved != 0, joined};
}

// The angles of every position, [batch, sequence, 1, rotated / 2].
Result<ValueId> angles(Expansion& expansion, const RotaryForm& form, std::size_t index) {
  ValueId cache = expansion.input(index);
  if (expansion.has(3)) cache = expansion.add("Gather", {cache, expansion.input(3)}, {{"axis", std::int64_t{0}}});
  const GraphShape shape = expansion.shape(cache);
  if (expansion.failed()) return cache;
  if (shape.size() != 3 || shape[2] != form.rotated / 2) return Error{"its table of angles does not fit"};
  return expansion.reshape(cache, {shape[0], shape[1], 1, shape[2]});
}

// The two coordinates of each pair that turns.
std::pair<ValueId, ValueId> pairs_of(Expansion& expansion, const RotaryForm& form, ValueId x) {
  const std::int64_t half = form.rotated / 2;
  if (!form.interleaved) return {expansion.slice(x, 3, 0, half), expansion.slice(x, 3, half, form.rotated)};
  if (!expansion.may_hold({half})) return {x, x};
  Integers even;
  Integers odd;
  for (std::int64_t i = 0; i < half; ++i) even.push_back(2 * i);
  for (std::int64_t i = 0; i < half; ++i) odd.push_back(2 * i + 1);
  return {expansion.gather(x, 3, even), expansion.gather(x, 3, odd)};
}

ValueId join_pairs(Expansion& expansion, const RotaryForm& form, ValueId first, ValueId second) {
  if (!form.interleaved) return expansion.concat({first, second}, 3);
  const GraphShape shape = expansion.shape(first);
  if (shape.size() != 4) return first;
  const GraphShape single{shape[0], shape[1], shape[2], shape[3], 1};
  const ValueId both = expansion.concat({expansion.reshape(first, single), expansion.reshape(second, single)}, 4);
  return expansion.reshape(both, {shape[0], shape[1], shape[2], 2 * shape[3]});
}

Status expand_rotary_embedding(Expansion& expansion) {
  VEIL_TRY(form, rotary_form(expansion.call()));
  const GraphShape shape = expansion.call().shape(0);
  VEIL_TRY(cosine, angles(expansion, form, 1));
  VEIL_TRY(sine, angles(expansion, form, 2));
  // [batch, sequence, heads, size]
  const ValueId x = form.joined
                        ? expansion.reshape(expansion.input(0), {shape[0], shape[1], form.heads, shape[2] / form.heads})
                        : expansion.transpose(expansion.input(0), {0, 2, 1, 3});
  const auto [first, second] = pairs_of(expansion, form, x);
  const auto product = [&](ValueId a, ValueId b) { return expansion.add("Mul", {a, b}); };
  const ValueId real = expansion.add("Sub", {product(cosine, first), product(sine, second)});
  const ValueId imaginary = expansion.add("Add", {product(sine, first), product(cosine, second)});
  ValueId turned = join_pairs(expansion, form, real, imaginary);
  const std::int64_t size = form.joined ? shape[2] / form.heads : shape[3];
  if (form.rotated < size) turned = expansion.concat({turned, expansion.slice(x, 3, form.rotated, size)}, 3);
  expansion.give(0, form.joined ? expansion.reshape(turned, shape) : expansion.transpose(turned, {0, 2, 1, 3}));
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Attention", 3, 7, " is_causal kv_num_heads q_num_heads qk_matmul_output_mode scale softcap softmax_precision ",
     nullptr, nullptr, expand_attention},
    {"RotaryEmbedding", 3, 4, " interleaved num_heads rotary_embedding_dim ", nullptr, nullptr,
     expand_rotary_embedding},
};

}  // namespace

std::span<const Operator> attention_composites() { return kOperators; }

}  // namespace veil
