// The weights of a claim on one axis of a tensor: a vector of the axis's REAL length, so padding never gets weight.
//
// A claim is  <w, tensor> = value  with w a product of one Weight an axis (protocol section 3). Weights that are a
// truncated eq table keep their point, because such a vector can be cut in two product parts (attacks 14).
// `key` names the weight symbolically (which coins, which lengths), so that equal claims and equal columns are
// recognised from the statement alone and never by a coincidence of field values.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "field/fr.h"

namespace veil {

// A vector that copies share: one weight is on the axes of many claims.
class SharedVector {
 public:
  SharedVector() = default;
  SharedVector(std::vector<Fr> values) : content_(std::make_shared<Content>()) {
    content_->size = values.size();
    content_->values = std::move(values);
  }
  // eq(point, i) for i < size; a long one is made when its entries are first asked for, which a verifier does only
  // where a length is no power of two.
  static SharedVector eq(std::span<const Fr> point, std::size_t size);

  operator const std::vector<Fr>&() const;
  operator std::span<const Fr>() const { return vector(); }
  const std::vector<Fr>& vector() const { return *this; }
  std::size_t size() const { return content_ ? content_->size : 0; }
  bool empty() const { return size() == 0; }
  const Fr& operator[](std::size_t i) const { return vector()[i]; }
  auto begin() const { return vector().begin(); }
  auto end() const { return vector().end(); }

 private:
  struct Content {
    std::size_t size = 0;
    std::vector<Fr> values;  // where it was given
    std::vector<Fr> point;   // where it is made later
    // Threads that ask at once may each make it: the first one's is kept.
    std::atomic<const std::vector<Fr>*> made = nullptr;

    Content() = default;
    Content(const Content&) = delete;
    Content& operator=(const Content&) = delete;
    ~Content() { delete made.load(); }
  };

  static const std::vector<Fr> kNone;
  std::shared_ptr<Content> content_;
};

struct Weight {
  SharedVector values;
  SharedVector point;  // of an eq weight of more than one coordinate; empty otherwise
  bool is_eq = false;
  std::string key;

  Fr total() const;
};

// A vector of coins and the name that weights made from it carry.
struct NamedPoint {
  std::string name;
  std::vector<Fr> coordinates;
};

// The eq weights of one point, each made once: constraints of equal shapes ask for the same ones.
class EqWeights {
 public:
  explicit EqWeights(NamedPoint point) : point_(std::move(point)) {}

  const NamedPoint& point() const { return point_; }
  // eq_weight(point, first, count, length)
  Weight at(std::size_t first, std::size_t count, std::size_t length);

 private:
  struct Known {
    std::size_t first;
    std::size_t length;
    Weight weight;
  };

  NamedPoint point_;
  std::vector<Known> known_;
};

// eq(point[first .. first + count), i) for i < length; count = log2_ceil(length).
Weight eq_weight(const NamedPoint& point, std::size_t first, std::size_t count, std::size_t length);
Weight ones_weight(std::size_t length);

}  // namespace veil
