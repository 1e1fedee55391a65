/// Measurements in Prometheus' text format 0.0.4.
struct MetricsText {
    private(set) var text = ""

    /// Names and help of a metric, to be followed by its samples.
    mutating func metric(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: some BinaryInteger) {
        sample(name, labels, String(value))
    }

    /// Buckets, sum and count in seconds.
    mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: LatencyHistogram) {
        var total: UInt64 = 0
        for (index, count) in histogram.counts.enumerated() {
            total += count
            let bounds = LatencyHistogram.boundsMicroseconds
            let bound = index < bounds.count ? Self.seconds(bounds[index]) : "+Inf"
            sample(name + "_bucket", labels + [("le", bound)], total)
        }
        sample(name + "_sum", labels, Self.seconds(histogram.sumMicroseconds))
        sample(name + "_count", labels, total)
    }

    static func seconds(_ microseconds: UInt64) -> String {
        let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
        let digits = String(fraction).trimmingZeros
        return digits.isEmpty ? String(microseconds / 1_000_000) : "\(microseconds / 1_000_000).\(digits)"
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}

extension String {
    fileprivate var trimmingZeros: String {
        var text = self
        while text.last == "0" { text.removeLast() }
        return text
    }
}
