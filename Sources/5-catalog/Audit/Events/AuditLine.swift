internal import Base

/// An event at its place in a chain; docs/formats/audit.md has the bytes.
package struct AuditLine: Hashable, Sendable {
    /// Random, one a process.
    package var chain: String
    /// From 1, without gaps.
    package var sequence: Int64
    package var event: AuditEvent
    package var hash: AuditHash

    /// The hash that the line must have after `previous`.
    func expectedHash(after previous: AuditHash) -> AuditHash {
        var bytes: [UInt8] = []
        event.writeCanonical(chain: chain, sequence: sequence, to: &bytes)
        return .next(after: previous, bytes)
    }

    /// Microseconds of a day.
    static let day: Int64 = 86_400_000_000

    /// Days since 1970-01-01, UTC; the table's partition.
    var date: Int32 { Int32(clamping: event.timeMicroseconds.floorDivided(by: Self.day)) }
}

extension AuditEvent {
    /// A JSON array without spaces: format, chain, sequence, then the members in their order.
    func writeCanonical(chain: String, sequence: Int64, to out: inout [UInt8]) {
        out.append(contentsOf: "[1,\"".utf8)
        out.append(contentsOf: chain.utf8)
        out.append(contentsOf: "\",".utf8)
        appendNumber(sequence, to: &out)
        out.append(UInt8(ascii: ","))
        appendNumber(timeMicroseconds, to: &out)
        for text in [
            principal, principalID, action, objectKind, objectName, objectID, outcome, door, requestID,
            clientAddress, details,
        ] as [String?] {
            out.append(UInt8(ascii: ","))
            if let text { appendJSONString(text, to: &out) } else { out.append(contentsOf: "null".utf8) }
        }
        out.append(UInt8(ascii: "]"))
    }
}

private func appendNumber(_ value: Int64, to out: inout [UInt8]) {
    if value < 0 { out.append(UInt8(ascii: "-")) }
    var rest = value.magnitude
    let start = out.count
    repeat {
        out.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
    } while rest > 0
    out[start...].reverse()
}

extension AuditLine {
    /// Reads a line of a journal without its newline: 64 digits, a space, the canonical bytes.
    ///
    /// - Returns: `nil` for anything else; whether the hash is right is not looked at.
    init?(journal bytes: ArraySlice<UInt8>) {
        guard bytes.count > 66, let hash = AuditHash(hex: bytes.prefix(64)),
            bytes[bytes.startIndex + 64] == UInt8(ascii: " ")
        else { return nil }
        let canonical = bytes.dropFirst(65)
        guard let items = (try? JSONValue.parse(canonical))?.array, items.count == 15,
            items[0].int64 == 1, let chain = items[1].string, let sequence = items[2].int64,
            let time = items[3].int64
        else { return nil }
        let texts = items[4...]
        guard texts.allSatisfy({ $0.isNull || $0.string != nil }), let principal = items[4].string,
            let principalID = items[5].string, let action = items[6].string, let outcome = items[10].string,
            let door = items[11].string
        else { return nil }
        self.chain = chain
        self.sequence = sequence
        self.hash = hash
        event = AuditEvent(
            timeMicroseconds: time, principal: principal, principalID: principalID, action: action,
            objectKind: items[7].string, objectName: items[8].string, objectID: items[9].string,
            outcome: outcome, door: door, requestID: items[12].string, clientAddress: items[13].string,
            details: items[14].string)
    }
}
