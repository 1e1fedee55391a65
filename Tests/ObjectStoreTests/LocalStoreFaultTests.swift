import Glibc
import LakehouseTesting
import ObjectStore
import Synchronization
import Testing

/// The operating system fails at every single step in turn; the store has to report the truth and recover.
@Suite struct LocalStoreFaultTests {
    /// Strikes once, at the n-th step.
    private final class Striker: Sendable {
        private let state: Mutex<(count: Int, steps: [SystemCalls.Step])> = Mutex((0, []))
        let at: Int
        let fault: SystemCalls.Fault
        let lacks: Set<SystemCalls.Step>

        init(at: Int, _ fault: SystemCalls.Fault, lacks: Set<SystemCalls.Step> = []) {
            self.at = at
            self.fault = fault
            self.lacks = lacks
        }

        var steps: [SystemCalls.Step] { state.withLock { $0.steps } }
        var fired: Bool { state.withLock { $0.count >= at } }

        var calls: SystemCalls {
            SystemCalls { step in
                self.state.withLock { state in
                    state.steps.append(step)
                    if self.lacks.contains(step) { return .instead(EOPNOTSUPP) }
                    state.count += 1
                    return state.count == self.at ? self.fault : nil
                }
            }
        }
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        let mode: PutMode
        let lacks: Set<SystemCalls.Step>
        let before: [UInt8]?
        let inNewFolder: Bool
        var testDescription: String { "\(mode), lacks \(lacks), before \(before ?? [])" }
    }

    static let settings: [Setting] = [
        Setting(mode: .ifAbsent, lacks: [], before: nil, inNewFolder: false),
        Setting(mode: .ifAbsent, lacks: [], before: nil, inNewFolder: true),
        Setting(mode: .ifAbsent, lacks: [.openUnnamed], before: nil, inNewFolder: false),
        Setting(mode: .ifAbsent, lacks: [.openUnnamed, .link], before: nil, inNewFolder: false),
        Setting(mode: .overwrite, lacks: [], before: [1], inNewFolder: false),
        Setting(mode: .overwrite, lacks: [], before: nil, inNewFolder: true),
    ]

    @Test(arguments: settings, [ENOSPC, EIO, EACCES, EEXIST])
    func aPutReportsTheTruthAtEveryStep(_ setting: Setting, _ code: Int32) async throws {
        for fault in [SystemCalls.Fault.instead(code), .after(code)] {
            for step in 1... {
                let folder = try TemporaryFolder("fault")
                let path: StorePath = setting.inNewFolder ? "new/deep/x" : "x"
                let sound = LocalStore(root: folder.path)
                if let before = setting.before { try await sound.put(path, before, mode: .overwrite) }
                let striker = Striker(at: step, fault, lacks: setting.lacks)
                let store = LocalStore(root: folder.path, calls: striker.calls)
                var outcome: StorageError?
                do { try await store.put(path, [7, 8, 9], mode: setting.mode) } catch { outcome = error }
                let now = try? await sound.get(path)
                let what: Comment = "step \(step) of \(striker.steps): \(fault)"
                switch outcome {
                case .alreadyExists where code == EEXIST && striker.steps.contains(.openTarget):
                    // The last resort cannot tell its own file from another's when the answer lies.
                    #expect(now == setting.before || now == [], what)
                case nil: #expect(now == [7, 8, 9], what)
                case .outcomeUnknown: #expect(now == [7, 8, 9] || now == setting.before || now == [], what)
                default: #expect(now == setting.before, what)
                }
                #expect(try await sound.listRecursively(.root).count == (now == nil ? 0 : 1), what)
                if code == ENOSPC, let outcome, case .instead = fault {
                    #expect(
                        outcome == .full(path.text) || outcome == .outcomeUnknown(path.text)
                            || outcome == .full("new/deep"), what)
                }
                // Whatever happened, the next one overwrites it.
                try await sound.put(path, [4], mode: .overwrite)
                #expect(try await sound.get(path) == [4], what)
                guard striker.fired else { break }
            }
        }
    }

    /// The bytes are flushed before the name is given, the name is flushed before success is reported.
    @Test func theOrderOfStepsIsTheDurableOne() async throws {
        let folder = try TemporaryFolder("order")
        let none = Striker(at: .max, .instead(EIO))
        try await LocalStore(root: folder.path, calls: none.calls).put("a", [1], mode: .ifAbsent)
        #expect(none.steps == [.openUnnamed, .write, .sync, .link, .openFolder, .syncFolder])
        let over = Striker(at: .max, .instead(EIO))
        try await LocalStore(root: folder.path, calls: over.calls).put("a", [1], mode: .overwrite)
        #expect(over.steps == [.openTemporary, .write, .sync, .rename, .openFolder, .syncFolder])
        let plain = Striker(at: .max, .instead(EIO), lacks: [.openUnnamed])
        try await LocalStore(root: folder.path, calls: plain.calls).put("b", [1], mode: .ifAbsent)
        #expect(
            plain.steps == [
                .openUnnamed, .openTemporary, .write, .sync, .link, .openFolder, .syncFolder, .unlink,
            ])
        let loser = Striker(at: .max, .instead(EIO))
        await #expect(throws: StorageError.alreadyExists("a")) {
            try await LocalStore(root: folder.path, calls: loser.calls).put("a", [2], mode: .ifAbsent)
        }
        #expect(loser.steps == [])
    }

    /// A network file system repeats a link whose answer was lost, and the repeat says "exists": still won.
    @Test(arguments: [EEXIST, EIO, ETIMEDOUT])
    func aLinkWhoseAnswerWasLostIsWon(_ code: Int32) async throws {
        for lacks in [Set<SystemCalls.Step>(), [.openUnnamed]] {
            let folder = try TemporaryFolder("nfs")
            let calls = SystemCalls { step in
                if lacks.contains(step) { return .instead(EOPNOTSUPP) }
                return step == .link ? .after(code) : nil
            }
            let store = LocalStore(root: folder.path, calls: calls)
            try await store.put("x", [1], mode: .ifAbsent)
            #expect(try await LocalStore(root: folder.path).get("x") == [1])
            await #expect(throws: StorageError.alreadyExists("x")) {
                try await store.put("x", [2], mode: .ifAbsent)
            }
        }
    }

    @Test func aFailedFlushOfTheFolderIsAnUnknownOutcome() async throws {
        let folder = try TemporaryFolder("flush")
        let calls = SystemCalls { $0 == .syncFolder ? .instead(EIO) : nil }
        for mode in PutMode.allCases {
            await #expect(throws: StorageError.outcomeUnknown("\(mode)")) {
                try await LocalStore(root: folder.path, calls: calls).put(
                    try StorePath("\(mode)"), [1], mode: mode)
            }
        }
    }

    @Test func whatTheEngineWroteIsFlushedWithAllItsFolders() async throws {
        let folder = try TemporaryFolder("durable")
        try await LocalStore(root: folder.path).put("t/k=1/x", [1], mode: .overwrite)
        try await LocalStore(root: folder.path).put("t/k=2/y", [1], mode: .overwrite)
        let striker = Striker(at: .max, .instead(EIO))
        try await LocalStore(root: folder.path, calls: striker.calls).makeDurable(["t/k=1/x", "t/k=2/y"])
        #expect(striker.steps.filter { $0 == .sync }.count == 2)
        #expect(striker.steps.filter { $0 == .syncFolder }.count == 4)  // k=1, k=2, t, the root
        #expect(striker.steps.lastIndex(of: .sync) ?? 99 < striker.steps.firstIndex(of: .syncFolder) ?? 0)
        let broken = SystemCalls { $0 == .sync ? .instead(EIO) : nil }
        await #expect(throws: StorageError.self) {
            try await LocalStore(root: folder.path, calls: broken).makeDurable(["t/k=1/x"])
        }
    }
}
