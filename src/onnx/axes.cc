#include "onnx/axes.h"

#include "base/limits.h"
#include "graph/shape.h"
#include "graph/suggest.h"
#include "graph/text.h"
#include "onnx.pb.h"

namespace veil {

ElementType declared_type(const onnx::TypeProto& type) {
  return type.has_tensor_type() ? element_type_from_onnx(type.tensor_type().elem_type()) : ElementType::kOther;
}

Result<std::int64_t> AxisLengths::length(const onnx::ValueInfoProto& input, int axis) {
  const auto& dim = input.type().tensor_type().shape().dim(axis);
  // Some exporters write 0 or -1 for an axis of any length.
  if (dim.has_dim_value() && dim.dim_value() > 0) return dim.dim_value();
  const std::string place = input.name() + ":" + std::to_string(axis);
  const std::string key = dim.has_dim_param() && !dim.dim_param().empty() ? dim.dim_param() : place;
  symbolic_.insert(key);
  symbolic_.insert(place);
  for (const std::string& name : {place, key}) {
    if (const auto found = dims_.find(name); found != dims_.end()) return found->second;
  }
  if (axis == 0) return batch_;
  return Error{"Axis " + std::to_string(axis) + " of input " + quote(input.name()) + " has no fixed length (" +
               quote(key) + "); give it with --dim " + quote(key + "=LENGTH") +
               (dim.has_dim_value() && dim.dim_value() == 0 ? " (0 where the file means its 0)." : ".")};
}

Result<GraphShape> AxisLengths::shape(const onnx::ValueInfoProto& input) {
  if (!input.type().tensor_type().has_shape()) {
    return Error{"Input " + quote(input.name()) + " has no shape; export the model with shapes."};
  }
  const int rank = input.type().tensor_type().shape().dim_size();
  if (rank > static_cast<int>(kMaxRank)) {
    return Error{"Input " + quote(input.name()) + " has " + std::to_string(rank) + " axes; at most " +
                 std::to_string(kMaxRank) + " are supported."};
  }
  GraphShape out;
  for (int axis = 0; axis < rank; ++axis) {
    VEIL_TRY(next, length(input, axis));
    out.push_back(next);
  }
  if (!element_count(out)) return Error{"Input " + quote(input.name()) + " is too large: " + shape_text(out) + "."};
  return out;
}

void AxisLengths::read(const onnx::ValueInfoProto& input, GraphValue& value) {
  value.type = declared_type(input.type());
  auto known = shape(input);
  if (value.type == ElementType::kOther) {
    const bool strings =
        input.type().has_tensor_type() && input.type().tensor_type().elem_type() == onnx::TensorProto::STRING;
    value.defect = "Input " + quote(input.name()) +
                   (strings ? " is of strings, which cannot be proven; export the model behind its encoder of strings."
                            : " is not a tensor of an element type that is supported.");
  } else if (!known.ok()) {
    value.defect = known.error().message;
  } else {
    value.shape = std::move(known).value();
  }
}

Status AxisLengths::check_used() const {
  for (const auto& [name, length] : dims_) {
    if (length < 0 || length > kMaxTensorSize) {
      return Error{"The length " + std::to_string(length) + " of axis " + quote(name) + " is not possible."};
    }
    if (symbolic_.contains(name)) continue;
    std::vector<std::string> known;
    for (const std::string& key : symbolic_) known.push_back(quote(key));
    const std::vector<std::string> names(symbolic_.begin(), symbolic_.end());
    return Error{"The model has no axis of free length called " + quote(name) + suggestion(name, names) +
                 (known.empty() ? "; all its lengths are fixed." : "; its free axes are " + joined(known) + ".")};
  }
  return Done{};
}

}  // namespace veil
