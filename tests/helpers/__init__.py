"""What tests share, by subject: pages without a browser, exports, imports, diagnoses, PostgreSQL,
permissions, raw requests.
"""
