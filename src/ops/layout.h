// How the flat values of a quantised graph are stored as tensors, so that every operator sees its axes and no reshape
// is left: a value is cut into axes exactly where some operator needs a boundary.
//
// A cut is a stride: the product of the lengths behind a boundary. Values that are combined element by element share
// their cuts; a matrix product or a join passes cuts before and behind its own axis on. Cuts of one value must divide
// each other, else the shapes do not split along common axes and the model is refused.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "quant/quantised_graph.h"

namespace veil {

struct StorageAxis {
  std::int64_t length = 1, stride = 1;
  bool operator==(const StorageAxis&) const = default;
};
using Storage = std::vector<StorageAxis>;  // slowest axis first; at least one

struct Layout {
  std::vector<Storage> storage;  // by QuantId
};

// Collects what the operators need.
class LayoutSolver {
 public:
  explicit LayoutSolver(const QuantisedGraph& graph);

  void same(QuantId a, QuantId b);
  void cut(QuantId value, std::int64_t stride);
  // An axis of length 1 at this stride, to be moved by a view.
  void unit(QuantId value, std::int64_t stride);
  // `a` is outer x length_a x inner, `b` is outer x length_b x inner; both are cut around the middle axis. A closed
  // middle axis must not be cut further.
  void link(QuantId a, std::int64_t length_a, QuantId b, std::int64_t length_b, std::int64_t inner, bool closed,
            const std::string& who);

  Result<Layout> solve();

 private:
  struct Link {
    QuantId from, to;
    std::int64_t from_length, to_length, inner;
    bool closed;
    std::string who;
  };

  QuantId find(QuantId value);
  Status pass_on(const Link& link, bool& changed);
  Result<Storage> storage_of(QuantId root) const;

  const QuantisedGraph& graph_;
  std::vector<QuantId> parent_;
  std::vector<std::set<std::int64_t>> cuts_, units_;  // by root
  std::vector<Link> links_;
};

Result<Layout> choose_layout(const QuantisedGraph& graph);

}  // namespace veil
