#include "commit/weight.h"

#include <bit>

#include "poly/eq.h"

namespace veil {

namespace {

constexpr std::size_t kLong = 4096;

}  // namespace

const std::vector<Fr> SharedVector::kNone;

SharedVector SharedVector::eq(std::span<const Fr> point, std::size_t size) {
  if (size < kLong) return eq_table(point, size);
  SharedVector out;
  out.content_ = std::make_shared<Content>();
  out.content_->size = size;
  out.content_->point.assign(point.begin(), point.end());
  return out;
}

SharedVector::operator const std::vector<Fr>&() const {
  if (!content_) return kNone;
  if (content_->point.empty()) return content_->values;
  const std::vector<Fr>* made = content_->made.load();
  if (made != nullptr) return *made;
  auto mine = std::make_unique<const std::vector<Fr>>(eq_table(content_->point, content_->size));
  return content_->made.compare_exchange_strong(made, mine.get()) ? *mine.release() : *made;
}

// The whole table of eq sums to 1.
Fr Weight::total() const {
  if (is_eq && std::has_single_bit(values.size())) return Fr::one();
  Fr sum;
  for (const Fr& value : values) sum += value;
  return sum;
}

Weight eq_weight(const NamedPoint& point, std::size_t first, std::size_t count, std::size_t length) {
  const std::span<const Fr> coordinates = std::span<const Fr>(point.coordinates).subspan(first, count);
  Weight weight;
  weight.values = SharedVector::eq(coordinates, length);
  weight.point = std::vector<Fr>(coordinates.begin(), coordinates.end());
  weight.is_eq = true;
  weight.key = "e" + point.name + "." + std::to_string(first) + "." + std::to_string(length);
  return weight;
}

Weight EqWeights::at(std::size_t first, std::size_t count, std::size_t length) {
  for (const Known& known : known_) {
    if (known.first == first && known.length == length) return known.weight;
  }
  known_.push_back({first, length, eq_weight(point_, first, count, length)});
  return known_.back().weight;
}

Weight ones_weight(std::size_t length) {
  Weight weight;
  weight.values = std::vector<Fr>(length, Fr::one());
  weight.key = "1." + std::to_string(length);
  return weight;
}

}  // namespace veil
