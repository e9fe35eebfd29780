// Softmax and BatchNormalization.
#include <algorithm>
#include <cmath>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// Before opset 13 everything from the axis on is one vector; later the vectors run along the axis alone.
Result<AxisSplit> softmax_split(const Call& call) {
  const GraphShape& shape = call.shape(0);
  VEIL_TRY(axis, call.integer("axis", call.opset < 13 ? 1 : -1));
  if (call.opset < 13 && axis == static_cast<std::int64_t>(shape.size()))
    return split_at(shape, shape.size(), shape.size());
  VEIL_TRY(normal, normalise_axis(axis, shape.size()));
  return split_at(shape, normal, call.opset < 13 ? shape.size() : normal + 1);
}

Result<std::vector<TypedShape>> infer_softmax(const Call& call) {
  VEIL_TRY_STATUS(softmax_split(call));
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  return std::vector<TypedShape>{call.in(0)};
}

void softmax_line(const double* in, double* out, std::size_t length, std::size_t step) {
  double largest = in[0];
  for (std::size_t i = 1; i < length; ++i) largest = std::max(largest, in[i * step]);
  double sum = 0;
  for (std::size_t i = 0; i < length; ++i) sum += out[i * step] = std::exp(in[i * step] - largest);
  for (std::size_t i = 0; i < length; ++i) out[i * step] /= sum;
}

Status run_softmax(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(split, softmax_split(call));
  if (inputs[0]->data.empty()) return Done{};
  for (std::size_t line = 0; line < split.outer * split.inner; ++line) {
    const std::size_t first = line / split.inner * split.length * split.inner + line % split.inner;
    softmax_line(&inputs[0]->data[first], &outputs[0]->data[first], split.length, split.inner);
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_batch_normalization(const Call& call) {
  VEIL_TRY(training, call.integer("training_mode", 0));
  VEIL_TRY(spatial, call.integer("spatial", 1));
  VEIL_TRY_STATUS(call.real("epsilon", 0));
  if (training != 0) return Error{"it is in training mode; export the model for inference (model.eval() in PyTorch)"};
  if (spatial == 0) return Error{"its form with 'spatial' 0 is not supported"};
  if (!is_real(call.in(0).type)) return Error{"its input must be of floats"};
  const GraphShape& shape = call.shape(0);
  if (shape.empty()) return Error{"its input is a single number"};
  const GraphShape channels{shape.size() < 2 ? 1 : shape[1]};
  for (std::size_t i = 1; i < 5; ++i) {
    if (call.shape(i) != channels)
      return Error{"its input " + std::to_string(i) + " must have the shape " + shape_text(channels)};
  }
  return std::vector<TypedShape>{call.in(0)};
}

Status run_batch_normalization(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(epsilon, call.real("epsilon", static_cast<double>(1e-5f)));
  const GraphShape& shape = inputs[0]->shape;
  const AxisSplit split = shape.size() < 2 ? AxisSplit{size_of(shape), 1, 1} : split_at(shape, 1, 2);
  for (std::size_t i = 0; i < inputs[0]->data.size(); ++i) {
    const std::size_t channel = i / split.inner % split.length;
    const double scale = inputs[1]->data[channel] / std::sqrt(inputs[4]->data[channel] + epsilon);
    outputs[0]->data[i] = (inputs[0]->data[i] - inputs[3]->data[channel]) * scale + inputs[2]->data[channel];
  }
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Softmax", 1, 1, " axis ", infer_softmax, run_softmax, expand_softmax},
    {"BatchNormalization", 5, 5, " epsilon momentum spatial training_mode ", infer_batch_normalization,
     run_batch_normalization, expand_batch_normalization},
};

}  // namespace

std::span<const Operator> normalise_operators() { return kOperators; }

}  // namespace veil
