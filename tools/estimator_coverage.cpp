// How often the intervals of `estimate` hold what they say, and what they cost: repeats on populations whose
// truth is known, beside the rules that other tools stop by. docs/statistics.md has the table.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "estimate/adaptive_sample.hpp"
#include "estimate/fault_strata.hpp"
#include "estimate/image_tiles.hpp"
#include "io/file.hpp"
#include "session/model_data.hpp"
#include "support/small_network.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;
using namespace tf_injector::detail::test;

namespace {

constexpr int kBits = 32, kTopExponentBit = 30;
constexpr int64_t kImages = 10'000;

struct Options {
  int repeats = 1000;
  std::vector<double> confidences = {0.9, 0.95, 0.99};
  double error = 0.002;
  std::string results, list, model;  // published results, the list that they are of, the network; "": stand-in
  std::string csv;
  bool rivals = true;
  std::string only;  // populations whose name has this
};

// A population whose every value is known.
struct Population {
  std::string name;
  std::vector<Stratum> strata;  // population: faults
  int64_t images = kImages;
  double error = 0.002;
  // How many images the fault of that number of a stratum hurts, and whether it hurts one of them.
  std::function<int64_t(size_t stratum, int64_t fault)> hurt;
  std::function<bool(size_t stratum, int64_t fault, int64_t image)> hurts;
  double truth = 0;
};

double faults_of(const Population& population) {
  double sum = 0;
  for (const Stratum& stratum : population.strata) sum += stratum.population;
  return sum;
}

void find_truth(Population& population) {
  double sum = 0;
  for (size_t h = 0; h < population.strata.size(); ++h) {
    const auto faults = static_cast<int64_t>(population.strata[h].population);
    int64_t count = 0;
    for (int64_t i = 0; i < faults; ++i) count += population.hurt(h, i);
    sum += static_cast<double>(count);
  }
  population.truth = sum / faults_of(population) / static_cast<double>(population.images);
}

// ---- published results, as a population of the network's size ----

// Images of 10,000 that faults of a bit hurt; of bit 30 those of either sign.
struct SharesOfBits {
  std::vector<std::vector<int64_t>> negative = std::vector<std::vector<int64_t>>(kBits), positive = negative;
};

// As published for ResNet20 on CIFAR-10, in its shape: of each bit the mean, a spread that is skewed as there,
// and bit 30 with its two modes, which the sign tells apart but for two faults.
SharesOfBits stand_in() {
  constexpr double kMeans[kBits] = {1e-6,    1e-6,    2e-6,    4e-6,    4e-6,    4e-6,    3e-6,    4e-6,
                                    6e-6,    6e-6,    7e-6,    9e-6,    1e-5,    1.3e-5,  1.5e-5,  1.7e-5,
                                    1.8e-5,  2.5e-5,  3e-5,    4e-5,    8e-5,    1e-4,    1.9e-4,  3.5e-4,
                                    8.7e-4,  3.2e-3,  8.2e-4,  4.8e-4,  4.1e-4,  4.7e-4,  0,       8.3e-4};
  constexpr int kFaults = 518;
  SharesOfBits shares;
  const auto exponential = [](double mean, int i, int count) {  // its quantiles
    const double share = -mean * std::log(1 - (i + 0.5) / count);
    return static_cast<int64_t>(std::min(share, 1.0) * kImages + (i * 7919 % 1000) / 1000.0);
  };
  for (int bit = 0; bit < kBits; ++bit) {
    if (bit == kTopExponentBit) continue;
    for (int i = 0; i < kFaults; ++i) shares.negative[bit].push_back(exponential(kMeans[bit], i, kFaults));
  }
  constexpr int kHarmless = 290, kHarmful = kFaults - kHarmless;
  for (int i = 0; i < kHarmless - 1; ++i)
    shares.negative[kTopExponentBit].push_back(exponential(0.0085, i, kHarmless));
  shares.negative[kTopExponentBit].push_back(9001);
  for (int i = 0; i < kHarmful - 1; ++i)
    shares.positive[kTopExponentBit].push_back(8650 + 600 * i / kHarmful);
  shares.positive[kTopExponentBit].push_back(5260);
  return shares;
}

std::vector<std::vector<std::string>> rows_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string>& row = rows.emplace_back(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      else if (c == ',' && !quoted) row.emplace_back();
      else if (c != '\r') row.back() += c;
    }
  }
  return rows;
}

// Of the results (Injection, Layer, TensorIndex, Bit, n_injections, masked, non_critical, critical) and the
// fault list in Keras' terms, row by row.
SharesOfBits published(const Options& options) {
  const Model model = Model::load(options.model);
  const FaultPopulation population(model.data()->graph, options.model);
  const auto key = [](const std::string& layer, const std::vector<int64_t>& index) {
    return fmt::format("{}:{}", layer, fmt::join(index, ","));
  };
  std::unordered_set<std::string> negative;
  for (const FaultStratum& stratum :
       population.strata(0, population.kernels(), kTopExponentBit, kTopExponentBit, {})) {
    if (stratum.part != FaultStratum::Part::negative) continue;
    for (int64_t i = 0; i < stratum.faults; ++i) {
      const Fault fault = population.fault(stratum, i, 0);
      negative.insert(key(fault.parts[0].layer, fault.parts[0].index));
    }
  }
  const auto results = rows_of(options.results), list = rows_of(options.list);
  SharesOfBits shares;
  for (size_t i = 0; i < std::min(results.size(), list.size()); ++i) {
    const auto bit = static_cast<size_t>(std::stoi(list[i][3]));
    std::string index = list[i][2];
    std::erase_if(index, [](char c) { return c == ' ' || c == '(' || c == ')'; });
    const bool is_negative = bit != kTopExponentBit || negative.contains(list[i][1] + ":" + index);
    (is_negative ? shares.negative : shares.positive)[bit].push_back(std::stoll(results[i][7]));
  }
  return shares;
}

uint64_t mixed(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// The images that a fault hurts are the first of an order of its own; the groups of images are random.
bool is_hurt(uint64_t fault, int64_t image, int64_t hurt) {
  if (hurt == 0 || hurt == kImages) return hurt != 0;
  const uint64_t random = mixed(fault);
  uint64_t step = random % kImages | 1;
  if (step % 5 == 0) step += 2;
  return static_cast<int64_t>((step * static_cast<uint64_t>(image) + (random >> 32)) % kImages) < hurt;
}

enum class Harm { shares, few, none, hidden };

Population of_bits(const std::string& name, const SharesOfBits& shares, Harm harm, bool by_sign,
                   double error) {
  constexpr int64_t kFaultsOfBit = 268'336;  // ResNet20's weights
  constexpr int64_t kFew = 2000;             // one of so many hurts all
  constexpr double kHidden = 0.0086;         // of the weights: layer1.0.conv1
  auto tables = std::make_shared<std::vector<std::vector<int64_t>>>();
  auto hidden = std::make_shared<std::vector<int64_t>>();
  Population population{.name = name, .strata = {}, .error = error, .hurt = {}, .hurts = {}};
  const auto add = [&](int bit, int64_t faults, std::vector<int64_t> table) {
    const bool is_hot = bit == kTopExponentBit;
    population.strata.push_back({.population = static_cast<double>(faults),
                                 .mean = is_hot ? 0.4 : 0,
                                 .variance = is_hot ? 0.2 : 0.0005,
                                 .pool = population.strata.size()});
    if (harm == Harm::few) table.assign(kFew, 0), table.front() = kImages;
    if (harm == Harm::none) table.assign(1, 0);
    tables->push_back(std::move(table));
    hidden->push_back(harm == Harm::hidden && bit < 10
                          ? static_cast<int64_t>(kHidden * static_cast<double>(faults))
                          : 0);
  };
  for (int bit = kBits - 1; bit >= 0; --bit) {
    std::vector<int64_t> all = shares.negative[bit];
    const auto& positive = shares.positive[bit];
    if (by_sign && !positive.empty()) {
      const auto part =
          static_cast<int64_t>(all.size() * kFaultsOfBit / (all.size() + positive.size()));
      add(bit, part, all);
      add(bit, kFaultsOfBit - part, positive);
      continue;
    }
    all.insert(all.end(), positive.begin(), positive.end());
    add(bit, kFaultsOfBit, all);
  }
  population.hurt = [tables, hidden](size_t h, int64_t fault) {
    if (fault < (*hidden)[h]) return kImages;
    const auto& table = (*tables)[h];
    return table[static_cast<size_t>(fault) % table.size()];
  };
  population.hurts = [hurt = population.hurt](size_t h, int64_t fault, int64_t image) {
    return is_hurt(h << 40 | static_cast<uint64_t>(fault), image, hurt(h, fault));
  };
  find_truth(population);
  return population;
}

// ---- every fault of a small network on every image ----

Population of_network() {
  const SmallNetworkOptions network{
      .network = {.side = 5, .channels = 4, .classes = 7, .blocks = 1}, .images = 100};
  Session session(small_network(network), small_dataset(network));
  const FaultPopulation faults(session.model().data()->graph, "small.keras");
  // For each fault of a stratum a bit for each image.
  auto outcomes = std::make_shared<std::vector<std::vector<std::vector<bool>>>>();
  Population population{.name = "small network, exhaustive",
                        .strata = {},
                        .images = network.images,
                        .error = 0.003,
                        .hurt = {},
                        .hurts = {}};
  for (const FaultStratum& stratum : faults.strata(0, faults.kernels(), 0, kBits - 1, {})) {
    population.strata.push_back({.population = static_cast<double>(stratum.faults),
                                 .mean = stratum.mean,
                                 .variance = stratum.variance,
                                 .pool = population.strata.size()});
    std::vector<Fault> all;
    for (int64_t i = 0; i < stratum.faults; ++i) all.push_back(faults.fault(stratum, i, i));
    auto& of_stratum = outcomes->emplace_back();
    for (const std::vector<Tally>& images : all_tallies(session, all)) {
      std::vector<bool>& critical = of_stratum.emplace_back();
      for (const Tally& tally : images) critical.push_back(tally.critical() > 0);
    }
  }
  population.hurts = [outcomes](size_t h, int64_t fault, int64_t image) {
    return (*outcomes)[h][static_cast<size_t>(fault)][static_cast<size_t>(image)];
  };
  population.hurt = [outcomes](size_t h, int64_t fault) {
    const std::vector<bool>& images = (*outcomes)[h][static_cast<size_t>(fault)];
    return static_cast<int64_t>(std::count(images.begin(), images.end(), true));
  };
  find_truth(population);
  return population;
}

// ---- what is measured ----

struct Repeat {
  double draws = 0, inferences = 0;
  bool covers = false, ever_outside = false;
};
using Rule = std::function<Repeat(const Population&, double confidence, uint64_t seed)>;

bool holds(const Population& population, double low, double high) {
  constexpr double kRounding = 1e-12;
  return low <= population.truth + kRounding && population.truth <= high + kRounding;
}

std::vector<Stratum> units_of(const Population& population, int64_t tiles) {
  std::vector<Stratum> strata = population.strata;
  for (Stratum& stratum : strata) stratum.population *= static_cast<double>(tiles);
  return strata;
}

// As `estimate` samples; looked at on and on until half as many draws more.
Repeat adaptive(const Population& population, double confidence, uint64_t seed) {
  constexpr double kGoOn = 1.5;
  const ImageTiles tiles(population.images, seed);
  AdaptiveSample sample(units_of(population, tiles.count()),
                        {.confidence = confidence, .error = population.error},
                        seed ^ uint64_t{1} << 40);
  Repeat result;
  bool is_outside = false;
  std::vector<double> values;
  while (!sample.is_exhausted()) {
    values.clear();
    for (const Draw& draw : sample.next_round()) {
      int64_t count = 0;
      for (int64_t i = 0; i < tiles.images_each(); ++i)
        count += population.hurts(draw.stratum, draw.unit / tiles.count(),
                                  tiles.image(draw.unit % tiles.count(), i))
                     ? 1
                     : 0;
      values.push_back(static_cast<double>(count) / static_cast<double>(tiles.images_each()));
    }
    sample.take(values);
    is_outside = is_outside || !holds(population, sample.interval().low, sample.interval().high);
    if (result.draws == 0 && (sample.is_narrow_enough() || sample.is_exhausted())) {
      result.draws = static_cast<double>(sample.draws());
      result.inferences = result.draws * static_cast<double>(tiles.images_each());
      result.covers = !is_outside;
    }
    if (result.draws > 0 && static_cast<double>(sample.draws()) > kGoOn * result.draws) break;
  }
  result.ever_outside = is_outside;
  return result;
}

// Faults drawn from the whole network, each on all images.
class NetworkWise {
 public:
  NetworkWise(const Population& population, uint64_t seed) : population_(population), random_(seed) {
    double sum = 0;
    for (const Stratum& stratum : population.strata) ends_.push_back(sum += stratum.population);
  }
  double draw() {
    const auto point = static_cast<double>(random_() % static_cast<uint64_t>(ends_.back()));
    const auto h = static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), point) - ends_.begin());
    const double begin = h == 0 ? 0 : ends_[h - 1];
    return static_cast<double>(population_.hurt(h, static_cast<int64_t>(point - begin))) /
           static_cast<double>(population_.images);
  }

 private:
  const Population& population_;
  std::mt19937_64 random_;
  std::vector<double> ends_;
};

double normal_quantile(double confidence) {  // two-sided
  return confidence > 0.97 ? 2.5758293035489004 : confidence > 0.92 ? 1.959963984540054 : 1.6448536269514722;
}

Repeat with_inferences(const Population& population, Repeat repeat) {
  repeat.inferences = repeat.draws * static_cast<double>(population.images);
  return repeat;
}

// The betting bounds with the network as the only stratum.
Repeat network_betting(const Population& population, double confidence, uint64_t seed) {
  NetworkWise source(population, seed);
  constexpr double kEndless = 1e12;  // drawn with replacement
  const std::vector<Stratum> all{{.population = kEndless, .mean = 0, .variance = 0.02}};
  AdaptiveSample sample(all, {.confidence = confidence, .error = population.error}, seed);
  Repeat result;
  std::vector<double> values;
  while (!sample.is_narrow_enough() && !sample.is_exhausted()) {
    values.clear();
    for (size_t i = sample.next_round().size(); i > 0; --i) values.push_back(source.draw());
    sample.take(values);
    if (!holds(population, sample.interval().low, sample.interval().high)) result.ever_outside = true;
  }
  result.draws = static_cast<double>(sample.draws());
  result.covers = !result.ever_outside;
  return with_inferences(population, result);
}

// A pilot for +-5 %, then more as p (1 - p) says, until +-e: as other tools do it.
Repeat wald_share(const Population& population, double confidence, uint64_t seed) {
  NetworkWise source(population, seed);
  const double z = normal_quantile(confidence), e = population.error;
  constexpr double kPilot = 0.05;
  double target = std::ceil(z * z * 0.25 / (kPilot * kPilot)), n = 0, sum = 0;
  Repeat result;
  while (true) {
    for (; n < target; ++n) sum += source.draw();
    const double p = sum / n, half = z * std::sqrt(std::max(p * (1 - p), 1e-12) / n);
    result.covers = holds(population, p - half, p + half);
    result.ever_outside = result.ever_outside || !result.covers;
    if (half <= e) break;
    const double third = half / 3;
    const double next = third <= e ? e : std::clamp(4 * (third - e) * p * (1 - p) + e, e, third);
    const double wanted = std::ceil(z * z * std::clamp(p, 1e-6, 1 - 1e-6) *
                                    (1 - std::clamp(p, 1e-6, 1 - 1e-6)) / (next * next));
    if (wanted <= n) break;
    target = wanted;
  }
  result.draws = n;
  return with_inferences(population, result);
}

// Wald's interval from the spread of the faults' shares, looked at after every 100.
Repeat wald_faults(const Population& population, double confidence, uint64_t seed) {
  NetworkWise source(population, seed);
  const double z = normal_quantile(confidence);
  const double first = std::ceil(z * z * 0.25 / (0.05 * 0.05));
  constexpr double kBetween = 100, kMost = 200'000;
  double n = 0, sum = 0, squares = 0, next = first;
  Repeat result;
  while (n < kMost) {
    for (; n < next; ++n) {
      const double x = source.draw();
      sum += x;
      squares += x * x;
    }
    next += kBetween;
    const double p = sum / n, half = z * std::sqrt(std::max(squares - n * p * p, 0.0) / (n - 1) / n);
    result.covers = holds(population, p - half, p + half);
    result.ever_outside = result.ever_outside || !result.covers;
    if (half <= population.error) break;
  }
  result.draws = n;
  return with_inferences(population, result);
}

// As many faults as the spread that nobody knows before asks for; looked at once.
Repeat fixed(const Population& population, double confidence, uint64_t seed, double n) {
  NetworkWise source(population, seed);
  const double z = normal_quantile(confidence);
  double sum = 0, squares = 0;
  for (double i = 0; i < n; ++i) {
    const double x = source.draw();
    sum += x;
    squares += x * x;
  }
  const double p = sum / n, half = z * std::sqrt(std::max(squares - n * p * p, 0.0) / (n - 1) / n);
  Repeat result{.draws = n, .covers = holds(population, p - half, p + half)};
  result.ever_outside = !result.covers;
  return with_inferences(population, result);
}

double spread_of(const Population& population) {
  double squares = 0;
  for (size_t h = 0; h < population.strata.size(); ++h) {
    for (int64_t i = 0; i < static_cast<int64_t>(population.strata[h].population); ++i) {
      const double x =
          static_cast<double>(population.hurt(h, i)) / static_cast<double>(population.images);
      squares += x * x;
    }
  }
  return squares / faults_of(population) - population.truth * population.truth;
}

class Table {
 public:
  explicit Table(const Options& options) : repeats_(options.repeats) {
    fmt::print("{:42} {:34} {:>5} {:>9} {:>9} {:>13} {:>9} {:>9}\n", "population", "method", "conf",
               "faults", "95 %", "inferences", "covered", "ever out");
    csv_ = "population,method,confidence,error,truth,repeats,faults_median,faults_95,inferences_median,"
           "covered,ever_outside\n";
  }

  // False: it covers less often than it says, by more than chance.
  bool add(const Population& population, const std::string& method, double confidence, const Rule& rule) {
    std::vector<double> draws, inferences;
    int covered = 0, outside = 0;
    for (int r = 0; r < repeats_; ++r) {
      const Repeat repeat = rule(population, confidence, static_cast<uint64_t>(r) + 1);
      draws.push_back(repeat.draws);
      inferences.push_back(repeat.inferences);
      covered += repeat.covers ? 1 : 0;
      outside += repeat.ever_outside ? 1 : 0;
    }
    std::sort(draws.begin(), draws.end());
    std::sort(inferences.begin(), inferences.end());
    const double median = draws[draws.size() / 2], most = draws[draws.size() * 95 / 100],
                 cost = inferences[inferences.size() / 2];
    const double share = covered / static_cast<double>(repeats_),
                 ever = outside / static_cast<double>(repeats_);
    fmt::print("{:42} {:34} {:5.2f} {:9.0f} {:9.0f} {:13.0f} {:9.4f} {:9.4f}\n",
               fmt::format("{} ({:.5f})", population.name, population.truth), method, confidence, median, most, cost, share, ever);
    std::fflush(stdout);
    csv_ += fmt::format("\"{}\",\"{}\",{},{},{:.8f},{},{},{},{},{},{}\n", population.name, method, confidence,
                        population.error, population.truth, repeats_, median, most, cost, share, ever);
    return share >= confidence - 3 * std::sqrt(confidence * (1 - confidence) / repeats_);
  }
  void write(const std::string& path) const {
    if (!path.empty()) write_atomic(path, csv_);
  }

 private:
  int repeats_;
  std::string csv_;
};

constexpr const char* kHelp = R"(estimator_coverage [FLAGS]: repeats `estimate` on populations whose truth is known.
  --repeats N         of each row (1000)
  --confidence C      only this one (0.9, 0.95 and 0.99)
  --error E           half width (0.002; the small network has 0.003)
  --published RESULTS LIST MODEL   results of single faults, the list in Keras' terms, the network (a stand-in)
  --only TEXT         populations whose name has it
  --no-rivals         the estimator alone
  --csv FILE          the table, as CSV too
Ends with 1 where the estimator covers less often than it says by more than three standard errors.
)";

Options parse(int count, char** words) {
  Options options;
  int i = 1;
  const auto next = [&] {
    if (++i >= count) throw std::runtime_error("a value is missing");
    return std::string(words[i]);
  };
  for (; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--repeats") options.repeats = std::stoi(next());
    else if (word == "--confidence") options.confidences = {std::stod(next())};
    else if (word == "--error") options.error = std::stod(next());
    else if (word == "--published") options.results = next(), options.list = next(), options.model = next();
    else if (word == "--csv") options.csv = next();
    else if (word == "--only") options.only = next();
    else if (word == "--no-rivals") options.rivals = false;
    else throw std::runtime_error(kHelp);
  }
  return options;
}

bool measure(const Options& options) {
  const SharesOfBits shares = options.results.empty() ? stand_in() : published(options);
  const std::string name = options.results.empty() ? "ResNet20 (stand-in)" : "ResNet20 (published)";
  struct Row {
    std::string name;
    std::function<Population()> make;
    bool rivals;
  };
  const double e = options.error;
  const std::vector<Row> rows = {
      {name, [&] { return of_bits(name, shares, Harm::shares, false, e); }, true},
      {name + ", by sign", [&] { return of_bits(name + ", by sign", shares, Harm::shares, true, e); }, false},
      {"0.05 % hurt every image",
       [&] { return of_bits("0.05 % hurt every image", shares, Harm::few, true, e); }, true},
      {"nothing hurts", [&] { return of_bits("nothing hurts", shares, Harm::none, true, e); }, true},
      {"a layer hidden in bits 0-9",
       [&] { return of_bits("a layer hidden in bits 0-9", shares, Harm::hidden, true, e); }, true},
      {"small network, exhaustive", [&] { return of_network(); }, true}};
  Table table(options);
  bool is_right = true;
  for (const Row& row : rows) {
    if (row.name.find(options.only) == std::string::npos) continue;
    const Population population = row.make();
    const double variance = options.rivals && row.rivals ? spread_of(population) : 0;
    for (const double confidence : options.confidences) {
      is_right = table.add(population, "estimate", confidence, adaptive) && is_right;
      if (!options.rivals || !row.rivals) continue;
      table.add(population, "betting, network-wise", confidence, network_betting);
      table.add(population, "Wald on p (1 - p), when narrow", confidence, wald_share);
      table.add(population, "Wald over faults, when narrow", confidence, wald_faults);
      const double z = normal_quantile(confidence);
      const double n = std::max(std::ceil(z * z * variance / (population.error * population.error)), 100.0);
      table.add(population, "Wald over faults, fixed n", confidence,
                [n](const Population& p, double c, uint64_t seed) { return fixed(p, c, seed, n); });
    }
    table.write(options.csv);
  }
  return is_right;
}

}  // namespace

int main(int count, char** words) {
  try {
    return measure(parse(count, words)) ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
