import Foundation

// The server keeps a number as JavaScript does: as the nearest double, written with the fewest digits that mean that double. Swift writes a
// `Double` by the same rule. So the text of the double is the text on the wire, and every amount of up to 15 digits is the same on both
// sides. `Decimal(double)`, and so the literals of `Decimal`, make 0.4600000000000001024 of 0.46; so do some versions of `JSONDecoder`.

extension KeyedDecodingContainer {
  func decodeAmount(forKey key: Key) throws -> Decimal {
    let number = try decode(Double.self, forKey: key)
    guard let amount = Decimal(keptAs: number) else {
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(number) is no amount")
    }
    return amount
  }
}

extension KeyedEncodingContainer {
  /// Writes an amount as the server will keep it.
  mutating func encodeAmount(_ amount: Decimal, forKey key: Key) throws {
    guard let kept = amount.kept else {
      let context = EncodingError.Context(codingPath: codingPath + [key], debugDescription: "\(amount) is no amount")
      throw EncodingError.invalidValue(amount, context)
    }
    try encode(kept, forKey: key)
  }
}

extension Decimal {
  /// The amount that a JSON number means.
  init?(keptAs number: Double) {
    guard number.isFinite else { return nil }
    self.init(string: "\(number)", locale: Locale(identifier: "en_US_POSIX"))
  }

  /// As the server can keep it: this amount, or its first 15 digits, which every double keeps. Nil for what is no number.
  var kept: Decimal? {
    guard let number = Double(description), let nearest = Decimal(keptAs: number) else { return nil }
    if nearest == self { return self }
    var exact = self
    var rounded = Decimal()
    let integerDigits = significand.description.count + exponent
    NSDecimalRound(&rounded, &exact, 15 - integerDigits, .plain)
    return rounded
  }
}
