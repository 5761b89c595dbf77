"""Pure logic over readings and time. Owns the word: episode."""
