//! Where uploaded content is: among the bytes or among the files.

use super::Store;
use crate::http::content::Stored;

impl Store {
    /// What is stored at `path`.
    pub(crate) fn stored(&self, path: &str) -> Option<Stored> {
        let file = self.file(path).cloned().map(Stored::Large);
        file.or_else(|| self.blob(path).cloned().map(Stored::Small))
    }

    pub(crate) fn has_stored(&self, path: &str) -> bool {
        self.file(path).is_some() || self.blob(path).is_some()
    }

    pub(crate) fn set_stored(&mut self, path: &str, content: Stored) {
        match content {
            Stored::Small(bytes) => {
                self.remove_file(path);
                self.set_blob(path, bytes);
            }
            Stored::Large(file) => {
                self.remove_blob(path);
                self.set_file(path, file);
            }
        }
    }

    pub(crate) fn remove_stored(&mut self, path: &str) {
        self.remove_blob(path);
        self.remove_file(path);
    }
}
