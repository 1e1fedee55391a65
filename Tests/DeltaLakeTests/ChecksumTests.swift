import Base
import DeltaLake
import TableModel
import Testing

@Suite struct ChecksumTests {
    private func state() throws -> DeltaSnapshot {
        let first = try firstCommit(configuration: ["a": "b"], add: ["x", "y"])
        return try snapshot([
            first,
            commit(1, remove: ["x"]) {
                $0.record(SetTransaction(appID: "app", version: 3, lastUpdatedMilliseconds: 9))
                $0.record(DomainMetadata(domain: "d", configuration: "{}"))
                $0.record(DomainMetadata(domain: "gone", configuration: "{}", isRemoved: true))
            },
        ])
    }

    @Test func aChecksumSaysWhatItsVersionIs() throws {
        let state = try state()
        let read = try #require(VersionChecksum(VersionChecksum(state, transactionID: "t").bytes))
        #expect(read.fileCount == 1 && read.byteCount == 1 && read.transactionID == "t")
        #expect(read.metadata == state.metadata && read.tableProtocol == state.tableProtocol)
        #expect(read.transactions == Array(state.transactions.values))
        #expect(read.domains?.map(\.domain) == ["d"] && read.inCommitMilliseconds == nil)
        try read.check(state, fileName: "x.crc")
    }

    @Test func aDifferenceIsNamed() throws {
        let state = try state()
        func refusal(_ change: (inout VersionChecksum) -> Void) -> String? {
            var checksum = VersionChecksum(state)
            change(&checksum)
            let error = failure { try checksum.check(state, fileName: "1.crc") }
            #expect(error == nil || error?.code == .corruptMetadata)
            #expect(error == nil || error?.message.contains("_delta_log/1.crc") == true)
            return error?.message
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.fileCount = 7 }?.contains("7 files, and the log gives 1") == true)
        #expect(refusal { $0.byteCount = 9 }?.contains("9 bytes") == true)
        #expect(refusal { $0.metadata?.id = "other" }?.contains("id other") == true)
        #expect(refusal { $0.metadata?.schemaString = "{}" }?.contains("schema") == true)
        #expect(refusal { $0.tableProtocol?.minWriterVersion = 1 }?.contains("protocol") == true)
        // Writers leave out what is optional.
        #expect(refusal { ($0.metadata, $0.tableProtocol, $0.domains) = (nil, nil, nil) } == nil)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", "{\"numFiles\":1}", "{\"numFiles\":1,\"tableSizeBytes\":2", "\u{0}",
    ])
    func whatIsNoWholeChecksumIsPassedOver(_ text: String) {
        #expect(VersionChecksum(Array(text.utf8)) == nil)
    }

    /// Files of Spark and others, with parts that Tarn does not write.
    @Test func checksumsOfOtherWritersAreRead() throws {
        var count = 0
        for name in GoldenLogs.cases {
            for entry in try GoldenLogs.listing(name).checksums {
                let checksum = VersionChecksum(try GoldenLogs.bytes(name, entry.fileName))
                #expect(checksum != nil, "\(name) \(entry.fileName)")
                count += 1
                guard let checksum, let version = entry.name.version,
                    let state = try? GoldenLogs.snapshot(name, version: version)
                else { continue }
                try checksum.check(state, fileName: entry.fileName)
            }
        }
        #expect(count > 50)
    }
}
