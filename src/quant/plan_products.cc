// Matrix products and convolutions: einsums over labelled axes, a convolution's over windows of its input.
#include <algorithm>

#include "graph/shape.h"
#include "graph/text.h"
#include "graph/windows.h"
#include "quant/plan_builder.h"

namespace veil {

namespace {

// Labels in ascending order, the output's first: the weights of one output element lie side by side.
void sort_weight(PlanEinsum& einsum) {
  std::vector<std::int64_t> sorted = einsum.y_axes;
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> weight;
  weight.reserve(einsum.weight.size());
  for (const std::int64_t place : places_in(einsum, sorted, einsum.y_axes)) {
    weight.push_back(einsum.weight[static_cast<std::size_t>(place)]);
  }
  einsum.weight = std::move(weight);
  einsum.y_axes = std::move(sorted);
}

// x times y by the labels; a constant factor is the weight.
struct Factors {
  std::vector<PlanId> inputs;
  PlanEinsum einsum;
};
Factors factors(PlanBuilder& plan, const Call& call, std::size_t left, std::size_t right, PlanEinsum einsum) {
  Factors out{{}, std::move(einsum)};
  const Array* weight = PlanBuilder::constant(call, right);
  if (weight == nullptr && PlanBuilder::constant(call, left) != nullptr) {
    std::swap(out.einsum.x_axes, out.einsum.y_axes);
    std::swap(left, right);
    weight = PlanBuilder::constant(call, right);
  }
  out.inputs.push_back(plan.in(call, left).id);
  if (weight != nullptr) {
    out.einsum.has_weight = true;
    out.einsum.weight = weight->data;
    sort_weight(out.einsum);
  } else {
    out.inputs.push_back(plan.in(call, right).id);
  }
  return out;
}

// ---- Gemm, MatMul

// A value times a number.
Shaped scaled(PlanBuilder& plan, const Call& call, const Shaped& value, double factor) {
  if (factor == 1) return value;
  return plan.add(call, value.shape, {value.id}, PlanAffine{Pattern{{elements(value.shape)}, {0}}, {factor}, {}}, {});
}

Status add_gemm_bias(PlanBuilder& plan, const Call& call, const Shaped& product, double beta) {
  const Array* bias = PlanBuilder::constant(call, 2);
  if (bias == nullptr) {
    const Shaped addend = scaled(plan, call, plan.broadcast(call, plan.in(call, 2), product.shape), beta);
    plan.emit(call, {product.id, addend.id}, PlanSum{{1, 1}});
    return Done{};
  }
  std::vector<double> addend = bias->data;
  for (double& value : addend) value *= beta;
  plan.emit(call, {product.id}, PlanAffine{broadcast_pattern(bias->shape, product.shape), {}, std::move(addend)});
  return Done{};
}

Status gemm(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(alpha, call.real("alpha", 1.0));
  VEIL_TRY(beta, call.real("beta", 1.0));
  VEIL_TRY(trans_a, call.integer("transA", 0));
  VEIL_TRY(trans_b, call.integer("transB", 0));
  const GraphShape& out = plan.out_shape(call);
  const std::int64_t depth = call.shape(0)[trans_a != 0 ? 0 : 1];
  Labels labels;
  PlanEinsum& e = labels.einsum;
  std::vector<std::int64_t> rows, columns, inner;
  labels.add(out[0], {&rows});
  labels.add(out[1], {&columns});
  labels.end_box();
  labels.add(depth, {&inner});
  const auto joined = [](std::vector<std::int64_t> a, const std::vector<std::int64_t>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  e.x_axes = trans_a != 0 ? joined(inner, rows) : joined(rows, inner);
  e.y_axes = trans_b != 0 ? joined(columns, inner) : joined(inner, columns);
  Factors f = factors(plan, call, 0, 1, std::move(e));
  for (double& value : f.einsum.weight) value *= alpha;
  const double rest = f.einsum.has_weight ? 1.0 : alpha;  // of a product of two activations
  const Shaped product = plan.add(call, out, std::move(f.inputs), std::move(f.einsum), {});
  const Shaped whole = scaled(plan, call, product, rest);
  if (call.has(2) && beta != 0) return add_gemm_bias(plan, call, whole, beta);
  plan.finish(call, whole);
  return Done{};
}

// [.., m, k] times [.., k, n]; a list of one axis is a row on the left and a column on the right.
Status matmul(PlanBuilder& plan, const Call& call) {
  GraphShape a = call.shape(0);
  GraphShape b = call.shape(1);
  if (a.size() == 1) a.insert(a.begin(), 1);
  if (b.size() == 1) b.push_back(1);
  const std::size_t rank = std::max(a.size(), b.size());
  Labels labels;
  PlanEinsum& e = labels.einsum;
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
    const auto length = [&](const GraphShape& shape) {
      return axis + shape.size() < rank ? std::int64_t{1} : shape[axis + shape.size() - rank];
    };
    if (length(a) == length(b)) {
      labels.add(length(a), {&e.x_axes, &e.y_axes});
    } else if (length(a) > 1) {
      labels.add(length(a), {&e.x_axes});
    } else {
      labels.add(length(b), {&e.y_axes});
    }
  }
  std::vector<std::int64_t> rows, columns, inner;
  labels.add(a[a.size() - 2], {&rows});
  labels.add(b.back(), {&columns});
  labels.end_box();
  labels.add(a.back(), {&inner});
  for (const auto* part : {&rows, &inner}) e.x_axes.insert(e.x_axes.end(), part->begin(), part->end());
  for (const auto* part : {&inner, &columns}) e.y_axes.insert(e.y_axes.end(), part->begin(), part->end());
  Factors f = factors(plan, call, 0, 1, std::move(e));
  plan.emit(call, std::move(f.inputs), std::move(f.einsum));
  return Done{};
}

// ---- convolutions

Status add_channel_bias(PlanBuilder& plan, const Call& call, const Shaped& product) {
  const Shaped value{product.id, plan.out_shape(call)};
  if (!call.has(2)) {
    plan.finish(call, value);
    return Done{};
  }
  GraphShape channels(value.shape.size(), 1);
  channels[1] = value.shape[1];
  if (const Array* bias = PlanBuilder::constant(call, 2)) {
    plan.emit(call, {value.id}, PlanAffine{broadcast_pattern(channels, value.shape), {}, bias->data});
    return Done{};
  }
  const Shaped bias = plan.broadcast(call, plan.reshaped(plan.in(call, 2), channels), value.shape);
  plan.emit(call, {value.id, bias.id}, PlanSum{{1, 1}});
  return Done{};
}

// The input as [batch, group, channels of a group, output positions.., kernel positions..], windows by the given map.
Status convolution(PlanBuilder& plan, const Call& call, const Shaped& windows, std::int64_t group, std::int64_t filters,
                   bool channels_first) {
  const std::size_t dims = (windows.shape.size() - 3) / 2;
  const std::int64_t channels = windows.shape[2];
  Labels labels;
  PlanEinsum& e = labels.einsum;
  std::vector<std::int64_t> batch, groups, filter, channel, places, kernel;
  labels.add(windows.shape[0], {&batch});
  labels.add(group, {&groups});
  labels.add(filters, {&filter});
  for (std::size_t d = 0; d < dims; ++d) labels.add(windows.shape[3 + d], {&places});
  labels.end_box();
  labels.add(channels, {&channel});
  for (std::size_t d = 0; d < dims; ++d) labels.add(windows.shape[3 + dims + d], {&kernel});
  for (const auto* part : {&batch, &groups, &channel, &places, &kernel}) {
    e.x_axes.insert(e.x_axes.end(), part->begin(), part->end());
  }
  // Conv's weights are [filters of all groups, channels, kernel], ConvTranspose's [channels of all groups, filters,
  // kernel].
  for (const auto* part :
       {&groups, channels_first ? &channel : &filter, channels_first ? &filter : &channel, &kernel}) {
    e.y_axes.insert(e.y_axes.end(), part->begin(), part->end());
  }
  std::vector<PlanId> inputs{windows.id};
  if (const Array* weight = PlanBuilder::constant(call, 1)) {
    e.has_weight = true;
    e.weight = weight->data;
    sort_weight(e);
  } else {
    inputs.push_back(plan.in(call, 1).id);
  }
  GraphShape shape{windows.shape[0], group * filters};
  shape.insert(shape.end(), windows.shape.begin() + 3, windows.shape.begin() + 3 + static_cast<std::ptrdiff_t>(dims));
  const Shaped product = plan.add(call, std::move(shape), std::move(inputs), std::move(e), {});
  return add_channel_bias(plan, call, product);
}

// The channels by groups.
GraphShape grouped_shape(const Shaped& x, std::int64_t group) {
  GraphShape shape{x.shape[0], group, x.shape[1] / group};
  shape.insert(shape.end(), x.shape.begin() + 2, x.shape.end());
  return shape;
}

Status conv(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(group, call.integer("group", 1));
  VEIL_TRY(w, convolution_windows(call));
  const Shaped x = plan.in(call, 0);
  const GraphShape grouped = grouped_shape(x, group);
  ViewMap map(grouped);
  for (std::size_t d = 0; d < 3; ++d) map.keep(d);
  for (std::size_t d = 0; d < w.in.size(); ++d) map.read(3 + d, map.add_axis(w.out[d]), w.strides[d]);
  for (std::size_t d = 0; d < w.in.size(); ++d) {
    map.read(3 + d, map.add_axis(w.kernel[d]), w.dilations[d]);
    map.offset(3 + d, -w.begins[d]);
  }
  const Shaped windows = plan.view(call, plan.reshaped(x, grouped), map);
  return convolution(plan, call, windows, group, call.shape(1)[0] / group, false);
}

// The input with s - 1 zeros behind every element: out[o] is the sum over k of its element o + begin - k * dilation.
Shaped stuffed(PlanBuilder& plan, const Call& call, const Shaped& x, const GraphShape& grouped, const Windows& w) {
  const bool is_dense =
      std::all_of(w.strides.begin(), w.strides.end(), [](std::int64_t stride) { return stride == 1; });
  if (is_dense) return plan.reshaped(x, grouped);
  GraphShape split(grouped.begin(), grouped.begin() + 3);  // every axis with one of length 1 behind it: only its
  GraphShape spread = split;                               // position 0 is not zero
  for (std::size_t d = 0; d < w.out.size(); ++d) {
    split.insert(split.end(), {w.out[d], 1});
    spread.push_back(w.out[d] * w.strides[d]);
  }
  ViewMap map(split);
  for (std::size_t d = 0; d < 3; ++d) map.keep(d);
  for (std::size_t d = 0; d < w.out.size(); ++d) {
    map.keep(3 + 2 * d);
    map.read(4 + 2 * d, map.add_axis(w.strides[d]));
  }
  return plan.reshaped(plan.view(call, plan.reshaped(x, split), map), spread);
}

Status conv_transpose(PlanBuilder& plan, const Call& call) {
  VEIL_TRY(group, call.integer("group", 1));
  VEIL_TRY(w, transposed_windows(call));
  const Shaped x = plan.in(call, 0);
  const Shaped source = stuffed(plan, call, x, grouped_shape(x, group), w);
  ViewMap map(source.shape);
  for (std::size_t d = 0; d < 3; ++d) map.keep(d);
  for (std::size_t d = 0; d < w.in.size(); ++d) map.read(3 + d, map.add_axis(w.in[d]));
  for (std::size_t d = 0; d < w.in.size(); ++d) {
    map.read(3 + d, map.add_axis(w.kernel[d]), -w.dilations[d]);
    map.offset(3 + d, w.begins[d]);
  }
  const Shaped windows = plan.view(call, source, map);
  return convolution(plan, call, windows, group, call.shape(1)[1], true);
}

constexpr PlanRule kRules[] = {{"Gemm", gemm}, {"MatMul", matmul}, {"Conv", conv}, {"ConvTranspose", conv_transpose}};

}  // namespace

std::span<const PlanRule> product_rules() { return kRules; }

}  // namespace veil
