package import ObjectStore

/// What every object store keeps to; each case wants an empty store.
package enum ObjectStoreContract {
    package typealias Case = ContractCase<any ObjectStore>

    package static var cases: [Case] { reading + writing + listing + many }

    private static func expectMissing(_ what: String, line: Int = #line, _ body: () async throws -> Void)
        async throws
    {
        try await expectFailure(
            what, line: line,
            where: { (error: StorageError) in if case .notFound = error { true } else { false } }, body)
    }

    private static let reading: [Case] = [
        Case("what was put is what is got") { store in
            for size in [0, 1, 4096, 1_000_000] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let path = try StorePath("a/b/\(size)")
                try await store.put(path, bytes, mode: .overwrite)
                try expectTrue(try await store.get(path) == bytes, "the bytes of \(size)")
                try expectEqual(try await store.head(path)?.byteCount, Int64(size))
                try expectEqual(try await store.head(path)?.path, path)
            }
        },
        Case("an absent object and a folder are not found") { store in
            try await store.put("folder/x", [1], mode: .overwrite)
            for path: StorePath in ["none", "folder", "none/below", "folder/x/below"] {
                try expectEqual(try await store.head(path), nil, "head of \(path)")
                try await expectMissing("get of \(path)") { _ = try await store.get(path) }
                try await expectMissing("get of \(path)") { _ = try await store.get(path, range: 0..<1) }
            }
        },
        Case("a range is cut to the object") { store in
            try await store.put("x", Array(0..<10), mode: .overwrite)
            try expectEqual(try await store.get("x", range: 2..<5), [2, 3, 4])
            try expectEqual(try await store.get("x", range: 0..<10), Array(0..<10))
            try expectEqual(try await store.get("x", range: 8..<100), [8, 9])
            try expectEqual(try await store.get("x", range: 3..<3), [])
            try expectEqual(try await store.get("x", range: 10..<20), [])
            try expectEqual(try await store.get("x", range: 11..<Int64.max), [])
        },
    ]

    private static let writing: [Case] = [
        Case("overwrite replaces, shorter bytes too") { store in
            try await store.put("x", Array(repeating: 7, count: 1000), mode: .overwrite)
            try await store.put("x", [1], mode: .overwrite)
            try expectEqual(try await store.get("x"), [1])
        },
        Case("if-absent keeps what is there") { store in
            try await store.put("f/x", [1], mode: .ifAbsent)
            try await expectFailure(
                "a second put",
                where: { (error: StorageError) in error == .alreadyExists("f/x") },
                { try await store.put("f/x", [2], mode: .ifAbsent) })
            try expectEqual(try await store.get("f/x"), [1])
            try await store.delete("f/x")
            try await store.put("f/x", [3], mode: .ifAbsent)
            try expectEqual(try await store.get("f/x"), [3])
        },
        Case("of many writers of one path exactly one wins") { store in
            for round in 0..<20 {
                let path = try StorePath("race/\(round)")
                let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
                    for writer in 0..<8 {
                        group.addTask {
                            do {
                                try await store.put(path, [UInt8(writer)], mode: .ifAbsent)
                                return UInt8(writer)
                            } catch StorageError.alreadyExists {
                                return nil
                            }
                        }
                    }
                    return try await group.reduce(into: [UInt8]()) { list, winner in
                        if let winner { list.append(winner) }
                    }
                }
                try expectEqual(winners.count, 1, "the number of winners")
                try expectEqual(try await store.get(path), winners)
            }
        },
        Case("every character but / and NUL stands for itself") { store in
            let names = [
                "a b", "a%20b", "k=v", "k=%2F", "é", "e\u{301}", "日本", "a'b\"c", "*?[x]", "#;&", ".hidden",
                "a\\b", "a\nb", "%", "c:d",
            ]
            for (index, name) in names.enumerated() {
                try await store.put(try StorePath("f o%=é/\(name)"), [UInt8(index)], mode: .ifAbsent)
            }
            for (index, name) in names.enumerated() {
                try expectEqual(try await store.get(try StorePath("f o%=é/\(name)")), [UInt8(index)], name)
            }
            try expectEqual(try await store.list("f o%=é").count, names.count)
            try expectEqual(
                Set(try await store.list("f o%=é").map { Array($0.path.name.utf8) }),
                Set(names.map { Array($0.utf8) }))
        },
        Case("delete removes one object, and an absent one is no error") { store in
            try await store.put("f/x", [1], mode: .overwrite)
            try await store.put("f/y", [1], mode: .overwrite)
            try await store.delete("f/x")
            try await store.delete("f/x")
            try await store.delete("none/at/all")
            try expectEqual(try await store.head("f/x"), nil)
            try expectEqual(try await store.list("f").map(\.path), ["f/y"])
        },
        Case("deleting a folder takes all below it and nothing beside it") { store in
            for path: StorePath in ["f/x", "f/g/y", "f/.hidden", "fg/z", "z"] {
                try await store.put(path, [1], mode: .overwrite)
            }
            try await store.deleteRecursively("f")
            try await store.deleteRecursively("f")
            try expectEqual(try await store.listRecursively(.root).map(\.path), ["fg/z", "z"])
        },
    ]

    private static let listing: [Case] = [
        Case("a listing has the folder's files in the order of their bytes") { store in
            for path: StorePath in ["f/b", "f/a", "f/B", "f/é", "f/10", "f/2", "f/g/below", "g", "f2/x"] {
                try await store.put(path, [1, 2], mode: .overwrite)
            }
            try expectEqual(
                try await store.list("f").map(\.path.text), ["f/10", "f/2", "f/B", "f/a", "f/b", "f/é"])
            try expectEqual(try await store.list("f").map(\.byteCount), Array(repeating: 2, count: 6))
            try expectEqual(try await store.list(.root).map(\.path), ["g"])
            try expectEqual(
                try await store.listRecursively("f").map(\.path.text),
                ["f/10", "f/2", "f/B", "f/a", "f/b", "f/g/below", "f/é"])
        },
        Case("a listing begins after a name, there or not") { store in
            for name in ["a", "c", "e"] {
                try await store.put(try StorePath("f/\(name)"), [], mode: .overwrite)
            }
            try expectEqual(try await store.list("f", after: "a").map(\.path), ["f/c", "f/e"])
            try expectEqual(try await store.list("f", after: "b").map(\.path), ["f/c", "f/e"])
            try expectEqual(try await store.list("f", after: "e"), [])
            try expectEqual(try await store.list("f", after: "").count, 3)
        },
        Case("an absent folder has no files") { store in
            try await store.put("x", [], mode: .overwrite)
            try expectEqual(try await store.list("none"), [])
            try expectEqual(try await store.list("none", after: "a"), [])
            try expectEqual(try await store.listRecursively("none"), [])
            try await store.ensureFolder("made/by/hand")
            try expectEqual(try await store.listRecursively("made"), [])
        },
        Case("a listing sees each write at once, with a time that does not go back") { store in
            for index in 0..<20 {
                try await store.put(try StorePath("f/\(100 + index)"), [1], mode: .ifAbsent)
                try expectEqual(try await store.list("f").count, index + 1)
            }
            let times = try await store.list("f").map(\.modifiedMicroseconds)
            try expectEqual(times, times.sorted())
            try expectTrue(times.allSatisfy { $0 > 1_600_000_000_000_000 }, "times are microseconds")
            try expectEqual(try await store.head("f/100")?.modifiedMicroseconds, times.first)
        },
    ]

    private static let many: [Case] = [
        Case("a walk gives what is wanted of the folders that may be entered") { store in
            let paths: [StorePath] = ["a", "b/c", "b/d/e", "no/f", "b/no/g", "b/x"]
            for path in paths { try await store.put(path, [1, 2], mode: .overwrite) }
            let found = try await store.walk(
                .root, entering: { $0.name != "no" }, wanting: { $0.name != "x" })
            try expectEqual(Set(found.map(\.path)), ["a", "b/c", "b/d/e"])
            try expectTrue(found.allSatisfy { $0.byteCount == 2 }, "the sizes")
            try expectEqual(
                try await store.walk("none", entering: { _ in true }, wanting: { _ in true }), [])
        },
        Case("many are deleted, absent ones too, and the absent are told") { store in
            let paths = try (0..<100).map { try StorePath("f\($0 % 3)/\($0)") }
            for path in paths { try await store.put(path, [1], mode: .overwrite) }
            try await store.deleteEach(Array(paths.prefix(60)) + ["none", "none/at/all"])
            try expectEqual(try await store.absent(among: paths), Array(paths.prefix(60)))
            try expectEqual(try await store.absent(among: []), [])
            try expectEqual(try await store.listRecursively(.root).count, 40)
        },
        Case("many objects are mapped in order") { store in
            let paths = try (0..<300).map { try StorePath("f/\($0)") }
            for (index, path) in paths.enumerated() {
                try await store.put(
                    path, Array(repeating: UInt8(index % 256), count: index), mode: .overwrite)
            }
            let sums = try await store.mapEach(paths) { index, bytes in
                [index, bytes.count, Int(bytes.first ?? 0)]
            }
            try expectEqual(sums, (0..<300).map { [$0, $0, $0 % 256] })
            try expectEqual(try await store.mapEach([]) { index, _ in index }, [])
        },
        Case("a missing object or an error of the body ends the map") { store in
            try await store.put("a", [1], mode: .overwrite)
            try await expectMissing("a map") {
                _ = try await store.mapEach(["a", "none"]) { index, _ in index }
            }
            try await expectFailure(
                "a map", where: { (error: ContractViolation) in error.description == "mine" }
            ) {
                _ = try await store.mapEach(["a"]) { _, _ in throw ContractViolation(description: "mine") }
            }
        },
        Case("durability can be asked for what the store holds") { store in
            try await store.put("a/b/c", [1], mode: .overwrite)
            try await store.put("d", [1], mode: .overwrite)
            try await store.makeDurable(["a/b/c", "d"])
            try await store.makeDurable([])
            try await expectMissing("a sync") { try await store.makeDurable(["d", "none"]) }
        },
    ]
}
