"""What tests share: pages opened, figures drawn, files exported and imported, diagnoses made up."""
