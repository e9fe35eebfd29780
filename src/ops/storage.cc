#include "ops/storage.h"

#include "base/check.h"

namespace veil {

std::int64_t storage_size(const Storage& storage) {
  std::int64_t size = 1;
  for (const StorageAxis& axis : storage) size *= axis.length;
  return size;
}

Domain storage_box(const Storage& storage) {
  Domain box;
  for (const StorageAxis& axis : storage) box.extent.push_back(axis.length);
  box.box_rank = static_cast<std::uint32_t>(storage.size());
  return box;
}

Cuts cuts_of(const Storage& storage) {
  Cuts cuts;
  for (const StorageAxis& axis : storage) {
    if (axis.length > 1) cuts.insert({axis.stride, axis.stride * axis.length});
  }
  return cuts;
}

Cuts cuts_of(const std::vector<std::int64_t>& lengths) {
  Cuts cuts;
  std::int64_t stride = 1;
  for (std::size_t i = lengths.size(); i-- > 0;) cuts.insert(stride *= lengths[i]);
  return cuts;
}

bool fit_together(const Cuts& cuts) {
  std::int64_t last = 1;
  for (const std::int64_t cut : cuts) {
    if (cut % last != 0) return false;
    last = cut;
  }
  return true;
}

Storage storage_by(const Cuts& cuts, std::int64_t size) {
  Storage fastest_first;
  std::int64_t stride = 1;
  const auto add = [&](std::int64_t end) {
    if (end == stride) return;
    VEIL_CHECK(end % stride == 0);
    fastest_first.push_back({end / stride, stride});
    stride = end;
  };
  for (const std::int64_t cut : cuts) {
    if (cut < size) add(cut);
  }
  add(size);
  if (fastest_first.empty()) fastest_first.push_back({1, 1});
  return Storage(fastest_first.rbegin(), fastest_first.rend());
}

std::optional<Refinement> refined(const Storage& storage, const Cuts& cuts) {
  Cuts all = cuts_of(storage);
  all.insert(cuts.begin(), cuts.end());
  if (!fit_together(all)) return std::nullopt;
  Refinement out{storage_by(all, storage_size(storage)), std::vector<AxisIndex>(storage.size())};
  for (AxisId axis = 0; axis < out.storage.size(); ++axis) {
    const StorageAxis& piece = out.storage[axis];
    for (std::size_t old = 0; old < storage.size() && piece.length > 1; ++old) {
      const StorageAxis& whole = storage[old];
      if (whole.length == 1 || piece.stride < whole.stride || piece.stride >= whole.stride * whole.length) continue;
      out.axes[old].terms.push_back({axis, piece.stride / whole.stride});
    }
  }
  return out;
}

std::vector<AxisIndex> mixed_radix(const Storage& fine, const Storage& coarse) {
  std::vector<AxisIndex> out(coarse.size());
  for (AxisId axis = 0; axis < fine.size(); ++axis) {
    if (fine[axis].length == 1) continue;
    for (std::size_t d = 0; d < coarse.size(); ++d) {
      const StorageAxis& whole = coarse[d];
      if (whole.length == 1 || fine[axis].stride < whole.stride) continue;
      if (fine[axis].stride >= whole.stride * whole.length) continue;
      out[d].terms.push_back({axis, fine[axis].stride / whole.stride});
      break;
    }
  }
  return out;
}

}  // namespace veil
