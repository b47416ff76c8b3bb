"""Ripresa digitale: how small firms closed, lost sales and went digital through and after 2020."""

__version__ = "0.9.0"
