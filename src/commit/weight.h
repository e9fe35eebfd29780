// The weights of a claim on one axis of a tensor: a vector of the axis's REAL length, so padding never gets weight.
//
// A claim is  <w, tensor> = value  with w a product of one Weight an axis (protocol section 3). Weights that are a
// truncated eq table keep their point, because such a vector can be cut in two product parts (attacks 14).
// `key` names the weight symbolically (which coins, which lengths), so that equal claims and equal columns are
// recognised from the statement alone and never by a coincidence of field values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "field/fr.h"

namespace veil {

struct Weight {
  std::vector<Fr> values;
  std::vector<Fr> point;  // of an eq weight of more than one coordinate; empty otherwise
  bool is_eq = false;
  std::string key;

  Fr total() const;
};

// A vector of coins and the name that weights made from it carry.
struct NamedPoint {
  std::string name;
  std::vector<Fr> coordinates;
};

// eq(point[first .. first + count), i) for i < length; count = log2_ceil(length).
Weight eq_weight(const NamedPoint& point, std::size_t first, std::size_t count, std::size_t length);
Weight ones_weight(std::size_t length);

}  // namespace veil
