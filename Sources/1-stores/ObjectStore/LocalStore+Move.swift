import Base
import Glibc

// Writes that need less than `put`: of a file that is on disk already, and of one that may be lost.

extension LocalStore {
    /// Gives a file another name in one step, after its bytes are flushed; takes the old one away if that fails.
    func move(_ temporary: StorePath, to path: StorePath) throws(StorageError) {
        let (source, target) = (location(temporary), location(path))
        do throws(StorageError) {
            try syncFile(temporary)
            let result = calls.attempt(.rename) { Int(rename(source, target)) }
            if result < 0 { throw StorageError("move", path.text, result: result) }
        } catch {
            _ = calls.attempt(.unlink) { Int(unlink(source)) }
            throw error
        }
        do { try syncFolder(path.parent) } catch { throw .outcomeUnknown(path.text) }
    }

    /// `putHint`: a file under a free name, without waiting for the disk.
    func createUnflushed(_ path: StorePath, _ bytes: [UInt8]) throws(StorageError) {
        let target = location(path)
        let file = calls.attempt(.openTarget) {
            Int(open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666))
        }
        if file < 0 { throw StorageError("put", path.text, result: file) }
        defer { close(Int32(file)) }
        var written = 0
        while written < bytes.count {
            let step = bytes.withUnsafeBytes { buffer in
                calls.attempt(.write) {
                    write(Int32(file), buffer.baseAddress.map { $0 + written }, bytes.count - written)
                }
            }
            if step < 0 {
                _ = calls.attempt(.unlink) { Int(unlink(target)) }
                throw StorageError("put", path.text, result: step)
            }
            written += step
        }
    }
}
