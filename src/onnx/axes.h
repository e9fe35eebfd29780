// The types and shapes of model inputs, where axes may have names in place of lengths.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "base/result.h"
#include "graph/graph.h"

namespace onnx {
class TypeProto;
class ValueInfoProto;
}  // namespace onnx

namespace veil {

ElementType declared_type(const onnx::TypeProto& type);

// Gives lengths to symbolic axes: from `dims`, by the axis' name or as "INPUT:AXIS"; `batch` to a first axis that is
// not listed.
class AxisLengths {
 public:
  AxisLengths(const std::map<std::string, std::int64_t>& dims, std::int64_t batch) : dims_(dims), batch_(batch) {}

  // Sets type and shape, or the defect that keeps them unknown.
  void read(const onnx::ValueInfoProto& input, GraphValue& value);
  // Every entry of `dims` must have been of use: it may be misspelt.
  Status check_used() const;

 private:
  Result<std::int64_t> length(const onnx::ValueInfoProto& input, int axis);
  Result<GraphShape> shape(const onnx::ValueInfoProto& input);

  const std::map<std::string, std::int64_t>& dims_;
  std::int64_t batch_;
  std::set<std::string> symbolic_;  // every key that `dims` may have
};

}  // namespace veil
