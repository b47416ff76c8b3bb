"""The page in Streamlit, written plainly: streamlit run benchmarks/peers/plain_app.py."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.peers import page

st.set_page_config(layout="wide")
st.title("Who closed, where?")
columns = st.columns(3)
rate = columns[0].selectbox("Rate", list(page.RATES), format_func=page.RATES.get)
period = columns[1].selectbox("Period", page.PERIODS, index=len(page.PERIODS) - 1)
areas = columns[2].multiselect("Areas", list(page.load_areas()))
place, bars, lines, rows = page.build_figures(rate, period, areas)
left_column, right_column = st.columns(2)
left_column.plotly_chart(place)
right_column.plotly_chart(bars)
left_column.plotly_chart(lines)
right_column.dataframe(rows)
